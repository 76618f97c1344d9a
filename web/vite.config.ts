import preactPreset from '@preact/preset-vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [preactPreset({ devToolsEnabled: false })],
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
  },
});
