import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { compressed } from './plugins/compressed.ts'
import { naiveByFolder } from './plugins/naiveByFolder.ts'

const admin = process.env.WEIR_CONSOLE_ADMIN ?? 'http://127.0.0.1:8081'

export default defineConfig({
  plugins: [naiveByFolder(), vue(), compressed()],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  server: {
    host: '127.0.0.1',
    // `npm run dev` beside a running admin: its cookies and CSRF checks work as in production.
    proxy: Object.fromEntries(
      ['/api', '/setup/', '/health', '/ready'].map((path) => [path, { target: admin }]),
    ),
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // CSP has no data: for scripts and styles
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  define: { __VUE_OPTIONS_API__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'plugins/**/*.test.ts'],
          environment: 'happy-dom',
          setupFiles: ['src/testing/setup.ts'],
          testTimeout: 30_000, // the first of a file waits for all that it imports, on a busy machine too
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.ts'],
          globalSetup: ['e2e/rig.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 120_000, // of eight visits on a busy machine; what does not come fails after 20 s
          expect: { poll: { timeout: 20_000 } }, // as locators wait; one second is vitest's own
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
