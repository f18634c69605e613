import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configOptions } from '../../src/cli/config-options.ts'
import { exitStatusOf } from '../../src/cli/exit.ts'
import { PeerbanditError } from '../../src/core/errors.ts'
import { checkConfig } from '../../src/daemon/config/check-config.ts'

const run = promisify(execFile)
const UNIT = fileURLToPath(new URL('../../packaging/peerbandit.service', import.meta.url))
const PROGRAM = '/usr/bin/peerbandit'

let directory: string
let lacking: string | undefined
let text: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-unit-'))
  text = await readFile(UNIT, 'utf8')
  lacking = await run('systemd-analyze', ['--version']).then(
    () => undefined,
    () => 'systemd-analyze is not installed'
  )
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

/** What systemd finds fault with. The program need not be installed here: another one takes its place. */
async function faults(unit: string): Promise<string> {
  const path = join(directory, 'peerbandit.service')
  await writeFile(path, unit.replace(PROGRAM, process.execPath))
  const { stderr } = await run('systemd-analyze', ['verify', '--man=no', path])
  return stderr
    .split('\n')
    .filter((line) => line.includes('peerbandit'))
    .join('\n')
}

const valueOf = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]

describe('the systemd unit', () => {
  it('has nothing that systemd finds fault with', async ({ skip }) => {
    skip(lacking !== undefined, lacking)
    expect(await faults(text)).toBe('')
    expect(await faults(text.replace('ProtectHome', 'ProtectHouse')), 'a fault would be seen').toContain('ProtectHouse')
  })

  it('starts the daemon by a command line that it takes', async () => {
    const [program, command, ...args] = valueOf('ExecStart')?.split(' ') ?? []
    expect([program, command]).toEqual([PROGRAM, 'serve'])
    const parsed = await configOptions(new Command('serve').exitOverride()).parseAsync(args, { from: 'user' })
    expect(parsed.opts()).toEqual({ config: '/etc/peerbandit/peerbandit.config.json' })
  })

  it('waits longer than the daemon drains', () => {
    expect(Number(valueOf('TimeoutStopSec'))).toBeGreaterThan(checkConfig({}).drainSeconds)
  })

  it('starts it no more when its configuration is wrong', () => {
    const status = exitStatusOf(new PeerbanditError('ERR_INVALID_OPTION', 'listen.port must be …'))
    expect(valueOf('RestartPreventExitStatus')).toBe(String(status))
  })
})
