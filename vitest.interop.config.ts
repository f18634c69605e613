import { defineConfig } from 'vitest/config'

// With peers of other implementations in processes of their own: the first run builds them.
export default defineConfig({
  test: {
    include: ['test/interop/**/*.interop.ts'],
    globalSetup: ['test/interop/set-up.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false
  }
})
