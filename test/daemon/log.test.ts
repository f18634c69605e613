import { describe, expect, it } from 'vitest'
import { PeerbanditError } from '../../src/core/errors.ts'
import type { Config } from '../../src/daemon/config/config-schema.ts'
import { daemonLog, errorFields } from '../../src/daemon/log.ts'

const OPTIONS: Config['log'] = { level: 'info', prompts: false, format: 'text' }
const clock = { wall: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) }

function logOf(options: Partial<Config['log']> = {}) {
  const lines: string[] = []
  const log = daemonLog({ ...OPTIONS, ...options }, { clock, write: (line) => lines.push(line) })
  return { log, lines }
}

describe('the log', () => {
  it('writes a line an event for people', () => {
    const { log, lines } = logOf()
    log.warn('backend failed', {
      backend: 'gpu-1',
      ms: 12,
      why: 'it "said"\nno',
      models: ['a', 'b c'],
      at: { x: 1 },
      left: undefined
    })
    expect(lines).toEqual([
      '2026-01-02T03:04:05.006Z warn  backend failed backend=gpu-1 ms=12 why="it \\"said\\"\\nno" models=a,"b c" at="{\\"x\\":1}"\n'
    ])
  })

  it('writes a JSON object an event for programs', () => {
    const { log, lines } = logOf({ format: 'json' })
    log.with({ job: 'j1' }).error('job failed', { attempts: 3, ...errorFields(new PeerbanditError('ERR_TIMEOUT', 'late')) })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        ...{ level: 'error', time: '2026-01-02T03:04:05.006Z', event: 'job failed' },
        ...{ job: 'j1', attempts: 3, code: 'ERR_TIMEOUT', message: 'late' }
      }
    ])
    expect(lines[0]?.endsWith('}\n')).toBe(true)
  })

  it.each([
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']]
  ] as const)('at level %s has %j', (level, expected) => {
    const { log, lines } = logOf({ level, format: 'json' })
    for (const each of ['error', 'warn', 'info', 'debug'] as const) log[each]('x')
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(expected)
  })

  it('has prompts only where they are allowed, at level debug', () => {
    const { log, lines } = logOf({ level: 'debug' })
    log.prompt('a secret wish', { job: 'j1' })
    log.configure({ ...OPTIONS, prompts: true })
    log.prompt('a secret wish')
    expect(lines).toEqual([])
    log.configure({ ...OPTIONS, level: 'debug', prompts: true })
    log.prompt('a secret wish', { job: 'j1' })
    expect(lines).toEqual([expect.stringContaining('debug prompt job=j1 text="a secret wish"')])
  })

  it.each(['text', 'json'] as const)('never has secrets, whatever carries them: %s', (format) => {
    const { log, lines } = logOf({ format })
    const child = log.with({ client: 'me' })
    log.configure({ ...OPTIONS, format }, ['sk-hush', 'sk-hush-longer', 'sk-"hush"-quoted', 'none', ''])
    child.info('call with sk-hush-longer', { why: 'got sk-"hush"-quoted', list: ['Bearer sk-hush-longer'], other: 'none' })
    expect(lines.join('')).not.toContain('hush')
    expect(lines.join('')).toContain('none')
  })

  it('takes over another level and format, also where it was handed on', () => {
    const { log, lines } = logOf()
    const child = log.with({ part: 'x' })
    child.debug('no')
    log.configure({ level: 'debug', prompts: false, format: 'json' })
    child.debug('yes')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: 'debug', time: '2026-01-02T03:04:05.006Z', part: 'x', event: 'yes' }
    ])
  })
})
