import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const RUN = fileURLToPath(new URL('run.ts', import.meta.url))

function runFuzz(args: readonly string[]): Promise<{ readonly status: number | null; readonly stdout: string }> {
  const child = spawn(process.execPath, ['--expose-gc', RUN, ...args])
  let stdout = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  return new Promise((resolve) => {
    child.once('close', (status) => {
      resolve({ status, stdout })
    })
  })
}

describe('npm run fuzz', () => {
  it('says under which seed it ran what, and what came of it', async () => {
    const { status, stdout } = await runFuzz(['--runs', '600', '--seed', '5', '--target', 'metric'])
    expect(stdout).toMatch(
      /^seed 5, 600 inputs for each of 1 targets\nmetric response: 600 inputs, \d+ values, \d+ refusals, 0 crashes, 0 hangs, heap /
    )
    expect(status).toBe(0)
  })

  it('fails where there is no such target', async () => {
    expect((await runFuzz(['--target', 'nothing'])).status).toBe(1)
  })
})
