import { defineConfig } from 'vitest/config'

// With a real language model: the first run installs it.
export default defineConfig({
  test: {
    include: ['test/llm/**/*.llm.ts'],
    globalSetup: ['test/llm/set-up.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // The servers need the cores.
    fileParallelism: false
  }
})
