import tseslint from 'typescript-eslint';

/** Imports a folder may not make; a `null` allow-list means any package. */
const onlyImports = (allowed, message) => ({
  'no-restricted-imports': [
    'error',
    { patterns: [{ regex: `^(?!(?:${allowed})$|\\.)`, message }] },
  ],
});
const APPS = '@portico/(?:control-plane|gateway|log-ingest|portal|console|standalone|e2e)';
const noAppImports = {
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          regex: `^${APPS}(?:/|$)`,
          message: 'Apps never import apps; only standalone composes them.',
        },
      ],
    },
  ],
};
const appOf = (name) => ({ files: [`apps/${name}/**/*.{ts,tsx}`], rules: noAppImports });

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/.portico/**',
      '**/generated/**',
      'apps/e2e/screenshots/**',
      '**/*.mjs',
      '**/*.js',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only config.ts reads process.env.',
        },
      ],
    },
  },
  // main.ts hands the environment to config.ts; nobody else touches it.
  {
    files: ['**/config.ts', '**/main.ts', 'packages/testkit/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: [
      '**/*.spec.ts',
      '**/*.spec.tsx',
      '**/test/**/*.ts',
      'apps/e2e/**/*.ts',
      'packages/testkit/**/*.ts',
    ],
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off', 'no-restricted-syntax': 'off' },
  },
  ...['control-plane', 'gateway', 'log-ingest', 'portal'].map(appOf),
  { files: ['packages/**/*.{ts,tsx}'], rules: noAppImports },
  {
    files: ['packages/contracts/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: onlyImports('zod', 'contracts imports zod only.'),
  },
  {
    files: ['packages/enforcement/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      ...onlyImports(
        '@portico/contracts|node:crypto|ajv.*|ipaddr\\.js',
        'enforcement imports contracts, node:crypto, ajv and ipaddr.js only.',
      ),
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'queueMicrotask',
        'performance',
        'fetch',
        'console',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'The core has no clock: take nowMs.' },
        { object: 'Math', property: 'random', message: 'The core has no randomness.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'The core has no clock: take nowMs.',
        },
      ],
    },
  },
);
