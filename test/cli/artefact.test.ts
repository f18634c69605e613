import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeNoise } from '../network/artefacts/support.ts'
import { type RunningCli, runCli, startCli } from './run-cli.ts'

let directory: string
let id: string
let bootstrap: readonly string[]
const servers: RunningCli[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-artefact-'))
  await writeNoise(join(directory, 'weights.gguf'), 3_500_000)
  const first = startCli(['artefact', 'serve', 'weights.gguf'], { cwd: directory })
  servers.push(first)
  const [, found, address] = await first.waitFor(/^(bafkrei\w+) {2}3500000 bytes {2}weights\.gguf\n[\s\S]* at\n {2}(\S+)/)
  id = found
  bootstrap = ['--bootstrap', address]
  const second = startCli(['artefact', 'serve', 'weights.gguf', ...bootstrap], { cwd: directory })
  servers.push(second)
  await second.waitFor(/serves them at/)
})

afterAll(async () => {
  for (const { process } of servers) process.kill('SIGINT')
  const statuses = (await Promise.all(servers.map(({ ended }) => ended))).map(({ status }) => status)
  await rm(directory, { recursive: true })
  expect(statuses).toEqual([0, 0])
})

describe('peerbandit artefact', () => {
  it('gets what another process serves, and says who sent it', async () => {
    const got = await runCli(['artefact', 'get', id, ...bootstrap, '--out', 'copy.gguf'], { cwd: directory })
    expect(got.stdout).toMatch(
      /^Wrote copy\.gguf: 3500000 bytes in \d+\.\d s, 0 of them from an earlier try\.\n {2}12D3\w+ {2}\d/
    )
    expect(got.status).toBe(0)
    const [copy, original] = await Promise.all(['copy.gguf', 'weights.gguf'].map((name) => readFile(join(directory, name))))
    expect(copy.equals(original)).toBe(true)
  })

  it('ends with 1 where nobody has it, and with 2 for a call that can be mended', async () => {
    const other = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq'
    const nobody = await runCli(['artefact', 'get', other, ...bootstrap, '--wait', '1'], { cwd: directory })
    expect(nobody).toMatchObject({ status: 1, stderr: expect.stringContaining('ERR_NO_ELIGIBLE_PEER') as string })
    const wrong = await runCli(['artefact', 'get', 'weights.gguf', ...bootstrap], { cwd: directory })
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('must be named by a CID') as string })
    const missing = await runCli(['artefact', 'serve', 'nothing.gguf'], { cwd: directory })
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be read') as string })
  })
})
