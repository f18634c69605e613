import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkScenario } from '../../../src/simulation/scenario/check-scenario.ts'
import { readScenario } from '../../../src/simulation/scenario/read-scenario.ts'
import { scenarioJsonSchema } from '../../../src/simulation/scenario/scenario-schema.ts'
import { SCENARIOS } from '../../../src/simulation/scenario/catalogue/catalogue.ts'
import { smallScenario } from '../small-scenario.ts'

/** The document with another value at a path of keys, or without it. */
function changed(path: string, value: unknown): unknown {
  const document = structuredClone(smallScenario()) as unknown as Record<string, unknown>
  const keys = path.split('.')
  let at = document
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>
  const last = String(keys.at(-1))
  if (value === undefined) Reflect.deleteProperty(at, last)
  else at[last] = value
  return document
}

describe('a scenario document', () => {
  it('that is right has every default filled in', () => {
    expect(checkScenario(smallScenario(), 'small')).toMatchObject({
      routers: 1,
      peersPerRouter: Infinity,
      deadlineMs: 30_000,
      probeIntervalMs: 5_000,
      frameMs: 200,
      departures: []
    })
  })

  it.each([
    ['format', 'something-else', 'format must be "peerbandit-scenario", got "something-else"'],
    ['version', 2, 'version must be 1, got 2'],
    ['name', '', 'name must be a string that is not empty, got ""'],
    ['description', undefined, 'description must be a string, got nothing'],
    ['peers', [], 'peers must be a list with at least 1 entry, got []'],
    ['peers', 'many', 'peers must be a list with at least 1 entry, got "many"'],
    ['peers.1', null, 'peers[1] must be an object, got null'],
    ['peers.1.name', 'fast', 'peers[1].name must be one that no other peer has, got "fast"'],
    ['peersPerRouter', 0, 'peersPerRouter must be an integer of at least 1, got 0'],
    ['peers.0.tokensPerSecond', 0, 'peers[0].tokensPerSecond must be a finite number above 0, got 0'],
    ['peers.0.tokensPerSecond', NaN, 'peers[0].tokensPerSecond must be a finite number above 0, got NaN'],
    ['peers.0.count', 1.5, 'peers[0].count must be an integer of at least 1, got 1.5'],
    ['peers.0.slots', 0, 'peers[0].slots must be an integer of at least 1, got 0'],
    ['peers.0.slowdown', -1, 'peers[0].slowdown must be a finite number of at least 0, got -1'],
    ['peers.0.queueLimit', '4', 'peers[0].queueLimit must be an integer of at least 0, got "4"'],
    ['peers.0.failureRatio', 1.1, 'peers[0].failureRatio must be between 0 and 1, got 1.1'],
    ['peers.1.rttMs', 20, 'peers[1].rttMs must be an object, got 20'],
    ['peers.1.rttMs.min', undefined, 'peers[1].rttMs.min must be a finite number of at least 0, got nothing'],
    ['peers.1.rttMs.max', 1, 'peers[1].rttMs.max must be at least min (20), got 1'],
    ['peers.0.claims', { tokensPerSecond: -1 }, 'peers[0].claims.tokensPerSecond must be a finite number of at least 0, got -1'],
    ['peers.0.speed', 3, /^small: peers\[0\]\.speed must be left out \(the fields are name, count, .*\), got 3$/],
    [
      'peers.0.behaviours',
      [{ kind: 'naps' }],
      /^small: peers\[0\]\.behaviours\[0\]\.kind must be one of hidden-load, .*got "naps"$/
    ],
    ['peers.0.behaviours', [{ kind: 'toString' }], /behaviours\[0\]\.kind must be one of/],
    ['peers.0.behaviours', [{ kind: 'speed' }], /behaviours\[0\]\.factor must be a finite number of at least 0, got nothing$/],
    [
      'peers.0.behaviours',
      [{ kind: 'speed', factor: 1, fromRatio: 0.5, toRatio: 0.5 }],
      /toRatio must be above fromRatio \(0\.5\)/
    ],
    [
      'peers.0.behaviours',
      [{ kind: 'fail-fast', fromRatio: 1 }],
      /behaviours\[0\]\.fromRatio must be below toRatio \(1\), got 1$/
    ],
    [
      'peers.0.behaviours',
      [{ kind: 'black-hole', toRatio: 0 }],
      /behaviours\[0\]\.toRatio must be above fromRatio \(0\), got 0$/
    ],
    ['peers.0.behaviours', [{ kind: 'churn', uptimeRatio: 1, cycleMs: 1 }], /uptimeRatio must be above 0 and below 1, got 1$/],
    ['peers.0.behaviours', [{ kind: 'sessions', away: [{ fromMs: 2, toMs: 1 }] }], /away\[0\]\.toMs must be above fromMs \(2\)/],
    ['peers.0.behaviours', [{ kind: 'stall', ratio: 2 }], /behaviours\[0\]\.ratio must be between 0 and 1, got 2$/],
    ['workload', { kind: 'guessed' }, 'workload.kind must be one of fitted, trace, exponential, drawn, got "guessed"'],
    ['workload.utilisation', 0, 'workload.utilisation must be a finite number above 0, got 0'],
    ['workload', { kind: 'trace', utilisation: 1 }, 'workload.path must be a string that is not empty, got nothing'],
    ['workload', { kind: 'fitted' }, 'workload.utilisation must be given, or jobsPerSecond or atOnce in its place, got nothing'],
    ['workload.jobsPerSecond', 5, 'workload.jobsPerSecond must be left out where utilisation is given, got 5'],
    ['workload.steps', [1, 0], 'workload.steps[1] must be a finite number above 0, got 0'],
    [
      'workload',
      { kind: 'fitted', atOnce: true, steps: [1, 2] },
      'workload.steps must be left out where atOnce is given, got [1,2]'
    ],
    [
      'workload',
      { kind: 'trace', path: 'x', layout: 'excel', utilisation: 1 },
      'workload.layout must be one of azure, mooncake, burstgpt, plain, got "excel"'
    ],
    [
      'workload',
      { kind: 'drawn', promptTokens: 0, outputTokens: { kind: 'guess' }, utilisation: 1 },
      'workload.outputTokens.kind must be one of uniform, exponential, normal, quantiles, got "guess"'
    ],
    [
      'workload',
      { kind: 'drawn', promptTokens: -1, outputTokens: 1, utilisation: 1 },
      'workload.promptTokens must be a finite number of at least 0, got -1'
    ],
    [
      'workload',
      { kind: 'drawn', promptTokens: { kind: 'uniform', min: 2, max: 1 }, outputTokens: 1, utilisation: 1 },
      'workload.promptTokens.max must be at least min (2), got 1'
    ],
    [
      'workload',
      {
        kind: 'drawn',
        promptTokens: 1,
        outputTokens: { kind: 'quantiles', probabilities: [0, 1], values: [2, 1] },
        utilisation: 1
      },
      'workload.outputTokens.values must be a list of 2 numbers that do not fall, got [2,1]'
    ],
    ['peers.0.rttMs', { matrix: '' }, 'peers[0].rttMs.matrix must be a string that is not empty, got ""'],
    ['peers.0.rttMs', { matrix: 'm.csv', jitterRatio: 2 }, 'peers[0].rttMs.jitterRatio must be between 0 and 1, got 2'],
    [
      'peers.0.behaviours',
      [{ kind: 'speed-flips', factor: 0, everyMs: 1 }],
      'peers[0].behaviours[0].factor must be a finite number above 0, got 0'
    ],
    ['jobs', undefined, 'jobs must be an integer of at least 2, got nothing'],
    ['jobs', 1, 'jobs must be an integer of at least 2, got 1'],
    ['routers', 0, 'routers must be an integer of at least 1, got 0'],
    ['deadlineMs', Infinity, 'deadlineMs must be a finite number above 0, got Infinity'],
    ['departures', [{ atRatio: 2, forMs: 1, peersRatio: 1 }], 'departures[0].atRatio must be between 0 and 1, got 2'],
    ['durationMs', 5, /^small: durationMs must be left out/]
  ])('with a wrong %s is refused with its path: %j', (path, value, message) => {
    const expected = typeof message === 'string' ? `small: ${message}` : message
    expect(() => checkScenario(changed(path, value), 'small')).toThrow(expected)
  })

  it('says by rate and time how many jobs there are', () => {
    const small = { ...smallScenario(), jobs: undefined }
    const workload = (steps?: readonly number[]) =>
      ({ kind: 'fitted', jobsPerSecond: 20, ...(steps === undefined ? {} : { steps }) }) as const
    const jobs = (overrides: object) => checkScenario({ ...small, ...overrides }, 'small').jobs
    expect(jobs({ durationMs: 3000, workload: workload() })).toBe(60)
    expect(jobs({ durationMs: 3000, workload: workload([1, 2]) })).toBe(90)
    expect(() => jobs({ durationMs: 3000 })).toThrow(
      'small: durationMs must be left out where workload.jobsPerSecond is not given, got 3000'
    )
    expect(() => jobs({ durationMs: 50, workload: workload() })).toThrow(
      'small: durationMs must be long enough for two jobs at 20 a second, got 50'
    )
  })

  it('may say where its schema is', () => {
    const document = { ...smallScenario(), $schema: '../data/scenario.schema.json' }
    expect(checkScenario(document, 'small')).toMatchObject(checkScenario(smallScenario(), 'small'))
  })

  it('has the JSON Schema that is published; vitest -u writes it anew', async () => {
    const published = fileURLToPath(new URL('../../../data/scenario.schema.json', import.meta.url))
    await expect(`${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(published)
  })

  it('that is no object is refused', () => {
    expect(() => checkScenario([], 'small')).toThrow('small must be an object, got []')
  })

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'that comes with the package is right: %s',
    (name, scenario) => {
      expect(checkScenario(scenario, name).name).toBe(name)
      expect(checkScenario(JSON.parse(JSON.stringify(scenario)), name), 'it is a JSON document').toEqual(
        checkScenario(scenario, name)
      )
    }
  )

  it('has a name of its own', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length)
  })

  it('is found by name; another name gets the list', async () => {
    expect((await readScenario('liars')).name).toBe('liars')
    await expect(readScenario('lairs')).rejects.toThrow(/scenario must be a .json file or one of steady-40, .*got "lairs"/)
    await expect(readScenario('missing.json')).rejects.toThrow(/missing.json must be a JSON file with a scenario/)
  })
})
