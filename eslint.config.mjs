import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Imports go one way; a folder may not reach the folders and packages named here (see ARCHITECTURE.md). */
const boundary = (files, patterns, paths = []) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: patterns.map(([regex, message]) => ({ regex, message })), paths }],
  },
});
const vscode = ['^vscode$', 'Only src/ui, the container and extension.ts import vscode.'];
const io = ['^(ssh2|ssh-config|@aws-sdk/.*|@smithy/.*)$', 'core reaches the outside through ports; adapters hold the SDKs.'];
const node = ['^node:', 'shared runs in the browser and in node: no node modules.'];
const up = (names) => [`(^|/)\\.\\./(.*/)?(${names})(/|$)`, `This folder does not import from ${names.replaceAll('|', ', ')}.`];

export default tseslint.config(
  { ignores: ['dist', 'out', 'node_modules', '**/*.mjs', '**/*.cjs', '**/*.js', 'test/fixtures'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './webview-ui/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
    },
  },
  boundary(['src/shared/**'], [vscode, io, node, up('core|adapters|ui')]),
  boundary(['src/core/**'], [vscode, io, up('adapters|ui')]),
  boundary(['src/adapters/**'], [vscode, up('ui')]),
  boundary(['src/ui/**'], [io, up('adapters')]),
  boundary(['webview-ui/**'], [vscode, io, node, up('core|adapters|ui')]),
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
);
