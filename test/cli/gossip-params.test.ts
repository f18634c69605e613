import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ARITHMETIC_FIXED, LODESTAR, PUBLISHED, TRUE_STEADY_STATE } from '../fixtures/gossip/known-answers.ts'
import { expectClose } from '../gossip/close-to.ts'
import { runCli } from './run-cli.ts'

const FILES = {
  'published.json': JSON.stringify(PUBLISHED),
  'go.json':
    '{"TimeInMeshWeight": 0.1, "TimeInMeshQuantum": "1s", "TimeInMeshCap": 3600, "MeshMessageDeliveriesActivation": "30s"}',
  'typo.json': '{"timeInMeshWieght": 0.1}',
  'range.json': '{"firstMessageDeliveriesDecay": 1.5}',
  'array.json': '[1, 2]',
  'broken.json': '{"topicWeight":',
  'duration.json': '{"meshMessageDeliveriesActivation": "soon"}'
}

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-gossip-'))
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(directory, name), text)
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

const gossipParams = (...args: readonly string[]) => runCli(['gossip-params', ...args], { cwd: directory })

async function textOf(...args: readonly string[]): Promise<string> {
  const { status, stdout } = await gossipParams(...args)
  expect(status).toBe(0)
  return stdout
}

interface Answer {
  readonly params: Record<string, number>
  readonly design: Record<string, unknown>
  readonly gistPublished: Record<string, number>
  readonly gistArithmeticFixed: Record<string, number>
  readonly trueSteadyState: Record<string, number>
  readonly slips: { readonly number: number; readonly right: Record<string, number> }[]
  readonly misses: { readonly field: string; readonly came?: number; readonly wanted: number; readonly why: string }[]
  readonly warnings: { readonly code: string }[]
}

async function jsonOf(...args: readonly string[]): Promise<Answer> {
  return JSON.parse(await textOf(...args, '--json')) as Answer
}

const GIST = ['--rate', '120', '--mesh', '6', '--mesh-high', '12']

describe('peerbandit gossip-params', () => {
  it('gives the three sets of the gist and its slips as JSON', async () => {
    const answer = await jsonOf(...GIST)
    expect(answer.gistPublished).toMatchObject(PUBLISHED)
    expectClose(answer.gistArithmeticFixed, ARITHMETIC_FIXED, 1e-4)
    expectClose(answer.trueSteadyState, TRUE_STEADY_STATE, 1e-4)
    expect(answer.params).toEqual(answer.trueSteadyState)
    expect(answer.slips.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  it('without options shows them side by side, with warnings and slips', async () => {
    const text = await textOf()
    expect(text).toMatch(/\n +published +arithmetic fixed +true steady state\n/)
    expect(text).toMatch(/\nmeshMessageDeliveriesWeight +-0\.25 +-0\.025 +-0\.009\n/)
    expect(text).toMatch(/\ntopicWeight +– +1 +1\n/)
    expect(text).toMatch(/Warnings, true steady state:\n {2}- at activation/)
    expect(text).toMatch(/\n {2}1\. the weight of time in the mesh\n {5}timeInMeshWeight: printed 0\.0027, right 0\.000277778\n/)
    expect(text).toMatch(/\n {2}12\. missing fields\n {5}topicWeight: printed nothing, right 1\n/)
  })

  it.each([
    [['--steady-state', 'truncated'], 'gistArithmeticFixed', ARITHMETIC_FIXED],
    [['--steady-state', 'true'], 'trueSteadyState', TRUE_STEADY_STATE],
    [['--convention', 'one-part-in-n', '--steady-state', 'truncated'], 'gistArithmeticFixed', ARITHMETIC_FIXED],
    [['--convention', 'one-part-in-n'], 'trueSteadyState', TRUE_STEADY_STATE]
  ] as const)('gives one set where %j chooses it', async (args, name, wanted) => {
    const answer = await jsonOf(...GIST, ...args)
    expectClose(answer.params, wanted, 1e-4)
    expect(answer[name]).toEqual(answer.params)
    expect(answer.slips).toBeUndefined()
  })

  it('has the other convention, exact decays, the moment after a decay and a scaled threshold', async () => {
    const text = await textOf('--convention', 'decay-to-zero')
    expect(text).toMatch(/\n +decay-to-zero, true\n[\s\S]*meshMessageDeliveriesDecay +0\.857696\n/)
    expectClose(
      (await jsonOf('--exact')).params,
      { meshMessageDeliveriesThreshold: 300, meshMessageDeliveriesDecay: 29 / 30 },
      1e-9
    )
    expectClose((await jsonOf('--moment', 'after-decay')).params, { meshMessageDeliveriesThreshold: 323.3333 }, 1e-4)
    const scaled = await jsonOf('--scale-threshold')
    expectClose(scaled.params, { meshMessageDeliveriesThreshold: 193.6744 }, 1e-4)
    expect(scaled.warnings).toEqual([])
  })

  it('takes every input', async () => {
    const { design, params } = await jsonOf(
      ...['--rate', '50', '--mesh', '8', '--mesh-high', '10', '--decay-interval', '2s', '--decay-to-zero', '0.02'],
      ...[
        '--first-decay',
        '4m',
        '--mesh-decay',
        '0.95',
        '--failure-decay',
        '10m',
        '--invalid-decay',
        '1h',
        '--activation',
        '1m30s'
      ],
      ...['--window', '50ms', '--quantum', '500ms', '--time-in-mesh-cap', '100', '--time-in-mesh-score', '3'],
      ...['--max-mesh-penalty', '500', '--zero-share', '0.4', '--invalid-messages', '5', '--topic-weight', '0.25']
    )
    expect(design).toMatchObject({
      ...{ messagesPerSecond: 50, meshDegree: 8, meshDegreeHigh: 10, decayIntervalMs: 2000, decayToZero: 0.02 },
      ...{ activationMs: 90_000, windowMs: 50, timeInMeshQuantumMs: 500, timeInMeshCap: 100, maxTimeInMeshScore: 3 },
      ...{ maxMeshPenalty: 500, zeroShare: 0.4, invalidMessages: 5, topicWeight: 0.25 },
      firstDeliveryDecay: { ticks: 120, factor: 1 - 1 / 120 },
      meshDeliveryDecay: { factor: 0.95 }
    })
    expectClose(
      params,
      { topicWeight: 0.25, timeInMeshWeight: 0.03, meshMessageDeliveriesThreshold: 200, meshMessageDeliveriesWeight: -0.0125 },
      1e-9
    )
  })

  it('with other inputs has no column for the gist, and no slips', async () => {
    const text = await textOf('--rate', '500')
    expect(text).toMatch(/\n +truncated steady state +true steady state\n/)
    expect(text).not.toMatch(/published|Slips/)
    expect((await jsonOf('--mesh', '20')).design).toMatchObject({ meshDegree: 20, meshDegreeHigh: 20 })
  })

  it.each([
    ['ts', /^import \{ createTopicScoreParams \} .*\n[\s\S]*\n {2}meshMessageDeliveriesActivation: 30000, \/\/ ms\n/],
    ['go', /^package scoring\n[\s\S]*\n\tMeshMessageDeliveriesActivation: 30 \* time\.Second,\n/],
    ['json', /^\{\n {2}"topicWeight": 1,\n/]
  ])('prints a set as %s, with warnings aside', async (format, pattern) => {
    const { status, stdout, stderr } = await gossipParams('--format', format)
    expect(status).toBe(0)
    expect(stdout).toMatch(pattern)
    expect(stderr).toMatch(/^warning: at activation/)
  })

  it('tells of itself', async () => {
    expect(await textOf('--help')).toMatch(/--published[\s\S]*Examples:\n {2}peerbandit gossip-params\n/)
  })
})

describe('--published', () => {
  it('is the gist as printed', async () => {
    const text = await textOf('--published')
    expect(text.split('\n').slice(0, 4)).toEqual([
      'TimeInMeshWeight = 0.0027',
      'TimeInMeshQuantum = time.Second',
      'TimeInMeshCap = 3600',
      'FirstMessageDeliveriesWeight = 0.664'
    ])
    expect(text).not.toContain('TopicWeight')
    expect((await jsonOf('--published')).gistPublished).toMatchObject(PUBLISHED)
    expect(JSON.parse(await textOf('--published', '--format', 'json'))).toMatchObject(PUBLISHED)
  })
})

describe('--check', () => {
  it.each([[['--published', '--check']], [['--check', 'published.json']]])('%j names every slip of the gist', async (args) => {
    const text = await textOf(...args)
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) expect(text).toContain(`\n  ${number}. `)
    expect(text).toMatch(/misses its design in \d+:\n[\s\S]*- meshMessageDeliveriesWeight: came -0\.25, wanted -0\.025\n/)
    expect(text).toMatch(
      /in the long run a peer with 50 % of the expected deliveries has score 127\.18; it is 0 at 48\.1463 %\n$/
    )
    expect((await jsonOf(...args)).slips).toHaveLength(12)
  })

  it('finds nothing in a set that was made here for that design', async () => {
    const design = [
      '--rate',
      '40',
      '--mesh',
      '8',
      '--convention',
      'decay-to-zero',
      '--moment',
      'after-decay',
      '--activation',
      '2m'
    ]
    await writeFile(join(directory, 'made.json'), await textOf(...design, '--format', 'json'))
    expect(await textOf('--check', 'made.json', ...design)).toMatch(/^made\.json meets its design\n/)
    await writeFile(join(directory, 'whole.json'), await textOf(...design, '--json'))
    expect((await jsonOf('--check', 'whole.json', ...design)).misses).toEqual([])
    expect((await jsonOf('--check', 'made.json')).misses.length).toBeGreaterThan(3)
  })

  it('reads names and durations of Go, and names what is missing', async () => {
    const { misses } = await jsonOf('--check', 'go.json')
    expect(misses.find(({ field }) => field === 'timeInMeshWeight')).toMatchObject({
      came: 0.1,
      why: expect.stringContaining('up to 360') as string
    })
    expect(misses.filter(({ came }) => came === undefined)).toHaveLength(13)
  })

  it('has a tolerance', async () => {
    const fields = async (tolerance: string) =>
      (await jsonOf('--check', 'published.json', '--tolerance', tolerance)).misses.length
    expect(await fields('0.9')).toBeLessThan(await fields('0.001'))
  })
})

describe('--preset', () => {
  it('is a client’s manner, whole or of one topic', async () => {
    const { params } = JSON.parse(await textOf('--preset', 'lodestar', '--json')) as {
      params: { topics: Record<string, object> }
    }
    expectClose(params.topics['beacon_block'], LODESTAR.beacon_block, 5e-5)
    expectClose((await jsonOf('--preset', 'lodestar', '--topic', 'beacon_block')).params, LODESTAR.beacon_block, 5e-5)
    expect(await textOf('--preset', 'lotus', '--format', 'go')).toContain('\t\t"drand": {\n')
    expect(await textOf('--preset', 'prysm', '--topic', 'voluntary_exit', '--format', 'ts')).toContain(
      'firstMessageDeliveriesCap: 5,'
    )
  })

  it('takes its inputs', async () => {
    const inputs = ['--slot', '6s', '--slots-per-epoch', '16', '--mesh', '4', '--validators', '50000', '--current-slot', '0']
    const { params } = await jsonOf('--preset', 'lighthouse', '--topic', 'beacon_block', ...inputs)
    expect(params).toMatchObject({ timeInMeshQuantum: 6000, timeInMeshCap: 600, meshMessageDeliveriesWeight: 0 })
    expectClose(params, { firstMessageDeliveriesCap: 0.5 / (1 - 0.01 ** (1 / 320)) }, 1e-9)
  })
})

describe('wrong input', () => {
  it.each([
    [
      ['--convention', 'one-part-in-m'],
      /must be one of one-part-in-n, decay-to-zero, got "one-part-in-m"; did you mean "one-part-in-n"\?/
    ],
    [['--convention', 'linear'], /must be one of one-part-in-n, decay-to-zero, got "linear"/],
    [['--steady-state', 'trunkated'], /got "trunkated"; did you mean "truncated"\?/],
    [['--moment', 'before'], /must be one of before-decay, after-decay, got "before"/],
    [['--format', 'tsx'], /must be one of ts, go, json, got "tsx"; did you mean "ts"\?/],
    [['--preset', 'lodestart'], /did you mean "lodestar"\?/],
    [['--preset', 'lotus', '--topic', 'block'], /ERR_INVALID_OPTION: topic must be one of blocks, .*did you mean "blocks"\?/],
    [['--preset', 'lotus', '--slot', '12s'], /ERR_INVALID_OPTION: preset lotus is all constants and takes no slotMs/],
    [['--preset', 'lodestar', '--validators', '5'], /ERR_INVALID_OPTION: activeValidators must be .*got 5/],
    [['--preset', 'lodestar', '--rate', '5'], /'--rate' does not go with --preset/],
    [['--slot', '12s'], /'--slot' needs --preset or --check/],
    [['--tolerance', '0.1'], /'--tolerance' needs --preset or --check/],
    [['--published', '--rate', '5'], /'--rate' does not go with --published/],
    [['--published', '--check', 'published.json'], /'--published' goes with --check without a file/],
    [['--check'], /'--check \[file\]' needs a file, or --published/],
    [['--check', 'published.json', '--format', 'go'], /'--format' does not go with --check/],
    [['--json', '--format', 'go'], /'--json' does not go with --format/],
    [['--rate', '0'], /number above 0/],
    [['--rate', 'NaN'], /number above 0/],
    [['--mesh', '1.5'], /whole number/],
    [['--mesh', '6', '--mesh-high', '5'], /ERR_INVALID_OPTION: meshDegreeHigh must be an integer of at least 6, got 5/],
    [['--decay-interval', '10ms'], /ERR_INVALID_OPTION: decayIntervalMs must be an integer of at least 1000, got 10/],
    [['--activation', '30'], /duration with units, as "30s", "1m30s" or "10ms", got "30"/],
    [['--window', '1us'], /whole milliseconds, got "1us"/],
    [['--mesh-decay', '1.5'], /a time with units, as "30s", or a factor above 0 and below 1, got "1\.5"/],
    [['--mesh-decay', '0s'], /longer than 0/],
    [['--mesh-decay', '1s'], /ERR_INVALID_OPTION: meshDeliveryDecay\.timeMs must be more than one decay interval/],
    [['--decay-to-zero', '1'], /above 0 and below 1/],
    [['--zero-share', '1'], /above 0 and below 1/],
    [['--time-in-mesh-score', '-1'], /at least 0/],
    [['--time-in-mesh-score', '400'], /ERR_INVALID_OPTION: at zeroShare 0\.5 the deficit costs 250 .*raise maxMeshPenalty/],
    [['--check', 'nowhere.json'], /ERR_INVALID_OPTION: nowhere\.json must be a JSON file.*ENOENT/],
    [['--check', 'broken.json'], /ERR_INVALID_OPTION: broken\.json must be a JSON file/],
    [['--check', 'array.json'], /ERR_INVALID_OPTION: array\.json must be a JSON object.*got \[1,2\]/],
    [
      ['--check', 'typo.json'],
      /ERR_INVALID_OPTION: typo\.json: "timeInMeshWieght" is no parameter.*did you mean "timeInMeshWeight"\?/
    ],
    [['--check', 'range.json'], /ERR_INVALID_OPTION: firstMessageDeliveriesDecay must be above 0 and below 1, got 1\.5/],
    [
      ['--check', 'duration.json'],
      /ERR_INVALID_OPTION: duration\.json: meshMessageDeliveriesActivation must be a duration.*got "soon"/
    ]
  ])('%j gets status 2 and says what is wrong', async (args, message) => {
    const { status, stdout, stderr } = await gossipParams(...args)
    expect(stderr).toMatch(message)
    expect([status, stdout]).toEqual([2, ''])
  })
})
