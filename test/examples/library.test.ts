import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ask } from './library.ts'

describe("the README's example", () => {
  it('runs', async () => {
    const { tokens, why } = await ask('why is the sky blue?', () => Promise.resolve(['because', ' of', ' Rayleigh']))
    expect(tokens).toHaveLength(3)
    expect(why[0]).toMatch(/^gpu-[12] was chosen by ".+" under policy "thompson"/)
  })

  it('ends the lease when the request fails', async () => {
    await expect(ask('why?', () => Promise.reject(new Error('no route to host')))).rejects.toThrow('no route to host')
  })

  it('stands in the README as it is', async () => {
    const [readme, example] = await Promise.all(
      ['../../README.md', './library.ts'].map((path) => readFile(new URL(path, import.meta.url), 'utf8'))
    )
    expect(readme).toContain(example.trim())
  })
})
