import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../src/index.ts', import.meta.url))

/** Every module that a fresh process loads for the package root, and every file that they read meanwhile. */
const PROGRAM = `
import fs from 'node:fs'
import { registerHooks, syncBuiltinESMExports } from 'node:module'
const loaded = []
const read = []
const { readFileSync } = fs
fs.readFileSync = (path, ...rest) => { read.push(String(path)); return readFileSync(path, ...rest) }
syncBuiltinESMExports()
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
await import(process.argv[1])
console.log(JSON.stringify({ loaded, read, native: process.report.getReport().sharedObjects }))
`

describe('the package root', () => {
  it('loads neither libp2p, nor classic-level, nor TensorFlow.js, nor zod, and reads no table of GPUs', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', PROGRAM, root])
    const { loaded, read, native } = JSON.parse(stdout) as Record<'loaded' | 'read' | 'native', string[]>
    expect(loaded.some((url) => url.endsWith('/src/selector/selector.ts'))).toBe(true)
    const heavy = loaded.filter((url) => /node_modules\/(libp2p|@libp2p|classic-level|level|@tensorflow|zod)\//.test(url))
    expect(heavy).toEqual([])
    expect(read.filter((path) => path.includes('/data/'))).toEqual([])
    expect(native.filter((path) => path.includes('classic-level'))).toEqual([])
  })
})
