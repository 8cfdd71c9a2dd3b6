// Sets the colour scheme before the first paint. A file of its own, because the CSP forbids inline
// scripts; the key is `COLOR_SCHEME_KEY` of @portico/ui.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('portico.color-scheme');
  } catch (_) {
    // Storage may be blocked; the system's preference serves.
  }
  if (chosen !== 'light' && chosen !== 'dark') {
    chosen = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  document.documentElement.setAttribute('data-mantine-color-scheme', chosen);
})();
