import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeModelDocument } from '../../src/throughput/model-file.ts'
import { modelStore } from '../../src/throughput/model-store.ts'
import { sampleModel } from '../throughput/sample-model.ts'
import { type RunningCli, runCli, startCli } from './run-cli.ts'

let directory: string
let first: RunningCli
let second: RunningCli
let network: readonly string[]

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-commands-'))
  first = startCli(['worker', '--model', 'tiny', '--tokens-per-second', '400'], { cwd: directory })
  const [, address] = await first.waitFor(/at\n {2}(\S+)/)
  network = ['--bootstrap', address ?? '', '--model', 'tiny']
  second = startCli(['worker', ...network, '--tokens-per-second', '200'], { cwd: directory })
  await second.waitFor(/Worker (\S+) serves/)
})

afterAll(async () => {
  for (const { process } of [first, second]) process.kill('SIGINT')
  const statuses = (await Promise.all([first.ended, second.ended])).map(({ status }) => status)
  await rm(directory, { recursive: true })
  expect(statuses).toEqual([0, 0])
})

describe('the commands on a running swarm', () => {
  it('infer streams the answer and says why this peer; journal reads, counts and exports what happened', async () => {
    const infer = await runCli(['infer', 'why is the sky blue?', ...network, '--max-tokens', '20', '--journal', 'log'], {
      cwd: directory
    })
    expect(infer.stderr).toMatch(/was chosen by ".*" under policy "thompson"/)
    expect(infer.stdout.trim().split(/\s+/)).toHaveLength(20)
    expect(infer.status).toBe(0)

    const count = await runCli(['journal', 'count', 'log'], { cwd: directory })
    expect(count.stdout).toBe('decisions 1\noutcomes 1\nsnapshots 1\noutcomes ever 1\n')

    const read = await runCli(['journal', 'read', 'log'], { cwd: directory })
    expect(read.stdout).toMatch(/attempt 1: 20 tokens in \d+ ms, reward \d\.\d\d\n {2}\S+ was chosen by/)

    const exported = await runCli(['journal', 'export', 'log', '--out', 'log.jsonl'], { cwd: directory })
    expect(exported.status).toBe(0)
    const [line] = (await readFile(join(directory, 'log.jsonl'), 'utf8')).trim().split('\n')
    expect(JSON.parse(line ?? '')).toMatchObject({
      v: 1,
      decision: { policy: 'thompson' },
      outcome: { outcome: { ok: true, outputTokens: 20 } }
    })
  })

  it('infer takes a throughput model, falls back where it is broken, and runs without one', async () => {
    const models = join(directory, 'models')
    const file = (name: string) => join(models, `${name}.json`)
    await mkdir(models)
    for (const [i, name] of ['a', 'b'].entries()) {
      await writeFile(file(name), writeModelDocument(sampleModel(i)))
      await modelStore(models).promote(name, { promotedAt: '2026-01-01', why: 'a test' })
    }
    const infer = () =>
      runCli(['infer', 'hi', ...network, '--max-tokens', '5', '--journal', 'over-model', '--throughput', 'models'], {
        cwd: directory
      })
    const found: (readonly [status: number | null, notes: readonly string[]])[] = []
    for (const harm of ['none', 'b', 'a']) {
      if (harm !== 'none') await writeFile(file(harm), '{ "format": ')
      const { status, stderr } = await infer()
      found.push([status, stderr.split('\n').filter((line) => line.startsWith('throughput'))])
    }
    const broken = (name: string) =>
      expect.stringMatching(new RegExp(`${name}: models/b\\.json: throughput model: not JSON`)) as string
    expect(found).toEqual([
      [0, []],
      [0, [broken('the earlier model a is used')]],
      [0, [broken('no model is used')]]
    ])
  })

  it('peers lists who serves the model, with what was measured of them', async () => {
    const list = await runCli(['peers', ...network], { cwd: directory })
    expect(list.status).toBe(0)
    expect(list.stdout.trim().split('\n')).toHaveLength(3)
    const json = await runCli(['peers', ...network, '--json'], { cwd: directory })
    const peers = json.stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>)
    expect(peers).toHaveLength(2)
    for (const peer of peers)
      expect(peer).toMatchObject({ sessions: { connected: true }, load: { slots: 4 }, claims: { models: ['tiny'] } })
  })

  it('infer fails clearly when nobody serves the model', async () => {
    const { status, stderr } = await runCli(['infer', 'hi', ...network.slice(0, 2), '--model', 'huge', '--wait', '2'], {
      cwd: directory
    })
    expect(stderr).toMatch(/ERR_NO_ELIGIBLE_PEER: no peer that serves huge was found within 2000 ms/)
    expect(status).toBe(1)
  })
})
