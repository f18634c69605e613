import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The README's examples import the package by its name.
  resolve: { alias: { peerbandit: fileURLToPath(new URL('src/index.ts', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // What runs in processes of its own (workers, the command line, the demo) or in a browser is tested there and not counted.
    coverage: {
      thresholds: { statements: 84, branches: 79, functions: 84, lines: 85 },
      provider: 'v8',
      include: ['src/**'],
      exclude: ['src/network/generated/**', 'src/dashboard/page/**']
    }
  }
})
