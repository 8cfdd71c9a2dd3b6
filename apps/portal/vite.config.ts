import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { firstLoadBudget } from './build/first-load-budget.ts';
import { precompress } from './build/precompress.ts';

export default defineConfig({
  plugins: [react(), firstLoadBudget({ maxKilobytes: 250 }), precompress()],
  build: {
    target: 'es2022',
    // These know `light-dark()`; rewriting it for older ones would lose the colour scheme.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing as a data: URL, so that the CSP needs no exception for it.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
});
