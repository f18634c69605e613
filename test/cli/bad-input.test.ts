import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { openJournal } from '../../src/journal/level-journal.ts'
import { runCli } from './run-cli.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-cli-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

async function expectRefusal(args: readonly string[], message: RegExp): Promise<void> {
  const { status, stdout, stderr } = await runCli(args, { cwd: directory })
  expect(stderr).toMatch(message)
  expect(status).toBe(2)
  expect(stdout, 'nothing was started').not.toContain('Starting')
}

describe('bad input gets status 2 and says what is wrong, before anything starts', () => {
  it.each([
    [['demo', '--job', '3'], /unknown option '--job'/],
    [['dance'], /unknown command 'dance'/],
    [['demo', '--jobs', 'many'], /'--jobs <n>' argument 'many' is invalid.*whole number/],
    [['demo', '--jobs', '1.5'], /whole number/],
    [['demo', '--seed', 'NaN'], /whole number/],
    [['demo', '--utilisation', 'NaN'], /number above 0/],
    [['demo', '--minutes', '-1'], /number above 0/],
    [['worker'], /say which models to serve with --model, or --backend/],
    [['worker', '--model', 'm', '--port', '70000'], /from 0 to 65535/],
    [['infer'], /missing required argument 'prompt'/],
    [['infer', 'hi'], /ERR_INVALID_OPTION: no bootstrap address given.*demo --serve/],
    [['infer', 'hi', '--model', 'm', '--bootstrap', 'nowhere'], /ERR_INVALID_OPTION: bootstrap must be multiaddrs.*"nowhere"/],
    [['demo', '--trace', 'missing.csv'], /ERR_TRACE: missing.csv does not exist/],
    [['demo', '--weights', 'missing.json'], /ERR_INVALID_OPTION: missing.json must be a JSON file/],
    [['journal', 'count', 'nothing-here'], /ERR_JOURNAL_NOT_FOUND/]
  ])('%j', async (args, message) => {
    await expectRefusal(args, message)
  })

  it.each([
    ['negative', { latency: -0.5, uptime: 1.5 }, /ERR_INVALID_WEIGHTS.*latency/],
    ['not summing to 1', { latency: 0.5, uptime: 0.4 }, /ERR_INVALID_WEIGHTS.*sum/],
    ['not a number', { latency: null, uptime: 1 }, /ERR_INVALID_WEIGHTS.*latency/],
    ['of an unknown factor', { luck: 1 }, /ERR_INVALID_WEIGHTS.*luck/]
  ])('weights that are %s', async (name, weights, message) => {
    const path = await file(`${name}.json`, JSON.stringify([{ id: 'standard', weights }]))
    await expectRefusal(['demo', '--weights', path], message)
  })

  it('a trace row that cannot be read, by file and line', async () => {
    const path = await file('trace.csv', 't_s,context_tokens,generated_tokens\n0,10,20\n1,10,abc\n')
    await expectRefusal(
      ['demo', '--trace', path, '--jobs', '2'],
      /ERR_TRACE: .*trace\.csv line 3: generated_tokens must be a whole number of at least 1, got "abc"/
    )
  })

  it('a trace with fewer jobs than were asked for', async () => {
    const path = await file('short.csv', 't_s,context_tokens,generated_tokens\n0,10,20\n1,10,20\n')
    await expectRefusal(['demo', '--trace', path, '--jobs', '5'], /ERR_TRACE: .*holds 2 jobs, fewer than the 5/)
  })

  it('a journal that another process has open, naming the process', async () => {
    const location = join(directory, 'locked')
    const journal = await openJournal(join(location, 'adaptive'), {}, { clock: systemClock, timers: systemClock })
    const message = new RegExp(`ERR_JOURNAL_LOCKED: .*${process.pid}`)
    await expectRefusal(['journal', 'count', join(location, 'adaptive')], message)
    await expectRefusal(['demo', '--journal', location], message)
    await expectRefusal(['demo', '--journal', location, '--fresh'], message)
    await journal.close()
  })

  it('a journal of another version', async () => {
    const location = join(directory, 'future')
    const journal = await openJournal(location, {}, { clock: systemClock, timers: systemClock })
    await journal.close()
    const level = new Level<string, string>(location)
    const format = JSON.parse((await level.get('m!format')) ?? '{}') as Record<string, unknown>
    await level.put('m!format', JSON.stringify({ ...format, version: 99 }))
    await level.close()
    await expectRefusal(['journal', 'count', location], /ERR_JOURNAL_VERSION: .*got v99, expected v1/)
  })

  it('a port in use, naming the address', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    await expectRefusal(['worker', '--model', 'm', '--port', String(port)], new RegExp(`ERR_PORT_IN_USE: .*tcp/${port}`))
    server.close()
  })
})

describe('the command line', () => {
  it('explains itself', async () => {
    const { status, stdout } = await runCli(['--help'])
    expect(status).toBe(0)
    for (const command of ['demo', 'worker', 'infer', 'peers', 'journal']) expect(stdout).toContain(command)
  })

  it('tells its version', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
