import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConfigSources, readConfig } from '../../../src/daemon/config/read-config.ts'

let directory: string
let count = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-config-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

async function fileOf(content: unknown): Promise<string> {
  const path = join(directory, `${(count += 1)}.json`)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

async function read(content: unknown, sources: Partial<ConfigSources> = {}) {
  return readConfig({ file: await fileOf(content), env: {}, ...sources })
}

async function problems(content: unknown, sources: Partial<ConfigSources> = {}): Promise<string> {
  const file = await fileOf(content)
  const error: unknown = await readConfig({ file, env: {}, ...sources }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'PeerbanditError', code: 'ERR_INVALID_OPTION' })
  return (error as Error).message.replaceAll(file, 'FILE')
}

const BACKEND = { name: 'gpu-1', kind: 'ollama', url: 'http://127.0.0.1:11434' }

describe('a configuration', () => {
  it('has a default for everything', async () => {
    const { config, warnings } = await read({})
    expect(config).toMatchObject({
      listen: { host: '127.0.0.1', port: 11_435 },
      keys: [],
      backends: [],
      routing: { policy: 'thompson', maxAttempts: 3, hedging: { enabled: true }, health: { maxInFlightPerPeer: 16 } },
      defaults: { class: 'interactive' },
      journal: { retention: { days: 90, maxMb: 1024 }, durability: 'batch' },
      log: { level: 'info', prompts: false, format: 'text' },
      drainSeconds: 30
    })
    expect(warnings).toEqual([])
  })

  it('takes the command line over the environment over the file', async () => {
    const file = { listen: { host: '127.0.0.1', port: 1 }, routing: { policy: 'ucb1', maxAttempts: 1 }, drainSeconds: 1 }
    const env = { PEERBANDIT_LISTEN_PORT: '2', PEERBANDIT_ROUTING_POLICY: 'kl-ucb', PEERBANDIT_JOURNAL_RETENTION_MAX_MB: '7' }
    const { config } = await read(file, { env, flags: { port: 3, set: ['routing.hedging.enabled=true', 'listen.host=::1'] } })
    expect(config).toMatchObject({
      listen: { host: '::1', port: 3 },
      routing: { policy: 'kl-ucb', maxAttempts: 1, hedging: { enabled: true } },
      journal: { retention: { maxMb: 7 } },
      drainSeconds: 1
    })
  })

  it.each([
    ['a flag', { env: { PEERBANDIT_LOG_PROMPTS: 'true' } }, { log: { prompts: true } }],
    ['a fraction', { env: { PEERBANDIT_ROUTING_HEDGING_BUDGET_RATIO: '0.2' } }, { routing: { hedging: { budgetRatio: 0.2 } } }],
    [
      'lists of texts',
      { env: { PEERBANDIT_NETWORK_BOOTSTRAP: '/ip4/192.0.2.1/tcp/1, /dns4/b/tcp/2', PEERBANDIT_NETWORK_MODELS: 'a,b' } },
      { network: { bootstrap: ['/ip4/192.0.2.1/tcp/1', '/dns4/b/tcp/2'], models: ['a', 'b'] } }
    ],
    ['an empty variable, which is none', { env: { PEERBANDIT_LISTEN_PORT: '' } }, { listen: { port: 11_435 } }],
    ['a list as JSON', { flags: { set: [`backends=[${JSON.stringify(BACKEND)}]`] } }, { backends: [BACKEND] }],
    [
      'an entry by its name',
      {
        flags: { set: ['routing.objectives.x={"metric":"durationMs","bestMs":1,"worstMs":2}', 'routing.objectives.x.bestMs=1.5'] }
      },
      { routing: { objectives: { x: { metric: 'durationMs', bestMs: 1.5 } } } }
    ],
    ['a text with "="', { flags: { set: ['journal.path=a=b'] } }, { journal: { path: 'a=b' } }]
  ])('takes %s from outside the file', async (_, sources, expected) => {
    expect((await read({}, sources)).config).toMatchObject(expected)
  })

  it('reads the file that PEERBANDIT_CONFIG names, and does without one', async () => {
    const file = await fileOf({ drainSeconds: 5 })
    expect(await readConfig({ env: { PEERBANDIT_CONFIG: file } })).toMatchObject({ file, config: { drainSeconds: 5 } })
    expect(await readConfig({ env: {} })).toMatchObject({ file: undefined, config: { drainSeconds: 30 }, warnings: [] })
  })

  it('is refused with everything that is wrong, each by file or variable or option, and by path', async () => {
    const document = {
      lisen: {},
      listen: { port: 99_999 },
      keys: [{ name: 'a', keyEnv: 'KEY_A' }, { name: 'a' }],
      backends: [{ ...BACKEND, url: 'ftp://host' }],
      rules: [{ model: 'llama[' }],
      routing: { policy: 'luck' }
    }
    const sources = { env: { PEERBANDIT_DRAIN_SECONDS: 'long' }, flags: { set: ['routing.polcy=x', 'nothing'] } }
    expect((await problems(document, sources)).split('\n  ')).toEqual([
      '9 problems with the configuration',
      expect.stringMatching(/^--set routing.polcy: there is no field routing.polcy; did you mean "routing.policy"\?/),
      expect.stringMatching(/^--set must be FIELD=VALUE/),
      'FILE: listen.port must be a whole number from 0 to 65535, got 99999',
      'FILE: keys[1].key must be given, or keyEnv or keyFile in its place, got nothing',
      'FILE: backends[0].url must be a URL that begins with http:// or https://, got "ftp://host"',
      expect.stringMatching(/^FILE: routing.policy must be one of thompson, .* or fixed:<arm>, got "luck"$/),
      'FILE: rules[0].model must be the name of a model, or a pattern with "*" and "?", got "llama["',
      'environment variable PEERBANDIT_DRAIN_SECONDS: drainSeconds must be a number from 0 to 3600, got "long"',
      expect.stringMatching(/^FILE: lisen is no field; did you mean "listen"\? \(the fields here are \$schema, listen, /)
    ])
  })

  it.each([
    [{ backends: [BACKEND, BACKEND] }, 'FILE: backends[1].name must be one that no other of backends has, got "gpu-1"'],
    [{ backends: [{ ...BACKEND, models: [] }] }, 'backends[0].models must be a list with at least one entry'],
    [{ backends: [{ ...BACKEND, models: { a: 1 } }] }, 'backends[0].models.a must be a text that is not empty, got 1'],
    [{ backends: [{ ...BACKEND, models: 'a' }] }, 'backends[0].models must be a list of names, or an object'],
    [{ listen: { prot: 1 } }, 'listen.prot is no field; did you mean "port"? (the fields here are host, port, hosts)'],
    [
      { routing: { objectives: { x: { metric: 'durationMs', bestMs: 5, worstMs: 5 } } } },
      'x.worstMs must be above bestMs (5), got 5'
    ],
    [{ routing: { health: { maxCoolDownMs: 1 } } }, 'routing.health.maxCoolDownMs must be at least coolDownMs (5000), got 1'],
    [{ throughput: { retrain: true } }, 'throughput.models must be given where retrain is true, got nothing'],
    [{ classes: ['a b'] }, 'classes[0] must be a name of up to 64 letters'],
    [
      { backends: [{ ...BACKEND, headers: { 'a b': 'x' } }] },
      'backends[0].headers["a b"] must have as its name the name of an HTTP'
    ],
    [{ network: { bootstrap: ['host:1'], models: ['m'] } }, 'network.bootstrap[0] must be a multiaddr'],
    [{ telemetry: {} }, 'telemetry.endpoint must be a URL'],
    [{ routing: { maxAttempts: null } }, 'routing.maxAttempts must be a whole number from 1 to 100, got null'],
    [{ cors: { origins: ['https://a.example/path'] } }, 'cors.origins[0] must be "*" or an origin'],
    [[], 'FILE must hold a JSON object, got a list'],
    ['null', 'FILE must hold a JSON object, got null'],
    ['{ "a": "// no comment", }', 'FILE must be JSON: '],
    ['{ "a": "// no comment" // one\n}', 'FILE must be JSON without comments: there is one in line 1'],
    ['{\n/* one */ "listen": {} }', 'FILE must be JSON without comments: there is one in line 2']
  ])('%j is refused', async (content, message) => {
    expect(await problems(content)).toContain(message)
  })

  it('is refused without a file where one is named', async () => {
    await expect(readConfig({ file: join(directory, 'none.json'), env: {} })).rejects.toThrow(
      /none\.json must be a JSON file that/
    )
  })

  it.each([
    { keys: [{ name: 'a', key: 'hush-hush "' }] },
    { keys: [{ name: 'a', kee: 'hush-hush' }] },
    { keys: [{ name: 'a', keyEnv: 'hush-hush' }] },
    { keys: ['hush-hush'] },
    { keys: 'hush-hush' },
    { keys: [{ name: 'a', key: 'hush-hush', keyEnv: 'A' }] },
    { backends: [{ ...BACKEND, headers: { authorization: 'hush-hush\n' } }] },
    { backends: [{ ...BACKEND, apiKeyEnv: 'hush-hush' }] },
    { backends: [{ ...BACKEND, url: 'http://me:hush-hush@host' }] },
    { backends: { key: 'hush-hush' } },
    '{ "keys": [{ "key": hush-hush }] }',
    '{ "keys": [{ "key": "hush-hush }] }'
  ])('is refused without its secrets: %j', async (content) => {
    expect(await problems(content)).not.toContain('hush')
  })

  it.each<[object, Partial<ConfigSources>, RegExp]>([
    [{ listen: { host: '0.0.0.0' } }, {}, /everybody who reaches 0\.0\.0\.0 may call the API/],
    [{ log: { prompts: true } }, {}, /prompts may be logged/],
    [{ rules: [{ model: '*' }, { model: 'a' }] }, {}, /rules\[1\] never counts: rules\[0\]/],
    [{}, { env: { PEERBANDIT_LISTEN_PROT: '1' } }, /PEERBANDIT_LISTEN_PROT sets no field; did you mean "PEERBANDIT_LISTEN_PORT"/],
    [
      { routing: { objectives: { bacth: { metric: 'durationMs', bestMs: 1, worstMs: 2 } } } },
      {},
      /routing\.objectives\.bacth is of a class that no job can have/
    ]
  ])('%j %j works and is warned of', async (document, sources, message) => {
    expect((await read(document, sources)).warnings).toEqual([expect.stringMatching(message)])
  })

  it('may name variables of its own for keys', async () => {
    const { warnings } = await read({ keys: [{ name: 'a', keyEnv: 'PEERBANDIT_KEY_A' }] }, { env: { PEERBANDIT_KEY_A: 'x' } })
    expect(warnings).toEqual([])
  })
})
