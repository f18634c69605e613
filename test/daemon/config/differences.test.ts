import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../../src/daemon/config/check-config.ts'
import { configDifferences } from '../../../src/daemon/config/differences.ts'

const OLLAMA = { name: 'a', kind: 'ollama', url: 'http://a:11434' }
const VLLM = { name: 'b', kind: 'openai', url: 'http://b:8000/v1' }

const between = (before: object, after: object) => configDifferences(checkConfig(before), checkConfig(after))

describe('the differences of two configurations', () => {
  it('are none for one and the same, and for another place of the schema', () => {
    expect(between({}, { $schema: 'x' })).toEqual({ apply: [], restart: [] })
  })

  it('tell what can be applied from what needs a restart', () => {
    const before = { backends: [OLLAMA], keys: [{ name: 'me', key: 'hush-hush-1' }], routing: { policy: 'ucb1' } }
    const after = {
      listen: { port: 1 },
      keys: [{ name: 'me', key: 'hush-hush-2' }],
      backends: [{ ...OLLAMA, slots: 2 }, VLLM],
      network: { bootstrap: [], models: ['m'] },
      rules: [{ model: '*' }],
      drainSeconds: 1
    }
    const differences = between(before, after)
    expect(differences.apply).toEqual([
      { section: 'keys', path: 'keys.me.key', change: 'changed' },
      { section: 'backends', path: 'backends.a.slots', change: 'added' },
      { section: 'backends', path: 'backends.b', change: 'added' },
      { section: 'rules', path: 'rules', change: 'changed' },
      { section: 'drainSeconds', path: 'drainSeconds', change: 'changed' }
    ])
    expect(differences.restart).toEqual([
      { section: 'listen', path: 'listen.port', change: 'changed' },
      { section: 'network', path: 'network', change: 'added' },
      { section: 'routing', path: 'routing.policy', change: 'changed' }
    ])
    expect(JSON.stringify(differences)).not.toContain('hush')
  })

  it('see another order', () => {
    const { apply } = between({ backends: [OLLAMA, VLLM] }, { backends: [VLLM, OLLAMA] })
    expect(apply).toEqual([{ section: 'backends', path: 'backends', change: 'changed' }])
  })

  it('need a restart where the local swarm comes or goes', () => {
    expect(between({}, { backends: [OLLAMA] })).toEqual({
      apply: [],
      restart: [{ section: 'backends', path: 'backends.a', change: 'added' }]
    })
  })
})
