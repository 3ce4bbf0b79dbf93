import path from 'node:path';
import { EsbuildPlugin } from 'esbuild-loader';
import webpack from 'webpack';

const root = import.meta.dirname;
const esbuild = (target, tsconfig) => ({
  test: /\.ts$/,
  loader: 'esbuild-loader',
  options: { target, tsconfig: path.join(root, tsconfig) },
});
const common = (argv) => ({
  mode: argv.mode ?? 'production',
  context: root,
  devtool: 'hidden-source-map',
  resolve: { extensions: ['.ts', '.js'] },
  performance: { hints: false },
  stats: 'errors-warnings',
});

/** The extension host's code. Everything behind an import() becomes a chunk of its own, loaded when first needed. */
const host = (argv) => ({
  ...common(argv),
  name: 'host',
  target: 'node20',
  entry: {
    extension: './src/extension.ts',
    'password-worker': './src/adapters/password/worker.ts',
    'folder-worker': './src/adapters/files/folderWorker.ts',
    'key-worker': './src/adapters/ssh/keyWorker.ts',
    'receive-worker': './src/adapters/files/receiveFolderWorker.ts',
  },
  output: {
    path: path.join(root, 'dist'),
    filename: '[name].js',
    chunkFilename: '[name].js',
    libraryTarget: 'commonjs2',
    clean: { keep: /^webview([/\\]|$)/ },
  },
  optimization: {
    splitChunks: { chunks: 'async' },
    chunkIds: 'named',
    // the usual minimizer takes a backslash and a digit in a String.raw template, as in sed's, for an error
    minimizer: [new EsbuildPlugin({ target: 'node20' })],
  },
  // cpu-features is ssh2's optional native addon: node's own OpenSSL does the work as well.
  externals: { vscode: 'commonjs vscode', 'cpu-features': 'commonjs cpu-features' },
  module: { rules: [esbuild('node20', 'tsconfig.json')] },
  plugins: [new webpack.IgnorePlugin({ resourceRegExp: /sshcrypto\.node$/ })],
  ignoreWarnings: [/Critical dependency/],
});

const webview = (argv) => ({
  ...common(argv),
  name: 'webview',
  target: ['web', 'es2022'],
  entry: { launch: './webview-ui/launch.ts', deploy: './webview-ui/deploy.ts', env: './webview-ui/env.ts' },
  output: { path: path.join(root, 'dist/webview'), filename: '[name].js', clean: true },
  module: { rules: [esbuild('es2022', 'webview-ui/tsconfig.json')] },
});

export default (_env, argv) => [host(argv), webview(argv)];
