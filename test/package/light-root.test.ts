import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../src/index.ts', import.meta.url))

/** Every file that a fresh process loads for the package root. */
const PROGRAM = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
await import(process.argv[1])
console.log(JSON.stringify({ loaded, native: process.report.getReport().sharedObjects }))
`

describe('the package root', () => {
  it('loads neither libp2p, nor classic-level, nor TensorFlow.js, nor zod', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', PROGRAM, root])
    const { loaded, native } = JSON.parse(stdout) as { loaded: string[]; native: string[] }
    expect(loaded.some((url) => url.endsWith('/src/selector/selector.ts'))).toBe(true)
    const heavy = loaded.filter((url) => /node_modules\/(libp2p|@libp2p|classic-level|level|@tensorflow|zod)\//.test(url))
    expect(heavy).toEqual([])
    expect(native.filter((path) => path.includes('classic-level'))).toEqual([])
  })
})
