import { readFile, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import type { GistSet } from '../../gossip/peer-score/gist-params.ts'
import type { ReadScoreParams } from '../../gossip/peer-score/params-file.ts'
import type { ScoreVariant } from '../../gossip/peer-score/score-rules.ts'
import type { ScoreScenario } from '../../gossip/peer-score/score-scenario.ts'
import type { ScoreSimulation } from '../../gossip/peer-score/simulate-score.ts'
import { positive, ratio } from '../arguments.ts'

interface GossipScoreOptions {
  readonly params?: string
  readonly topic?: string
  readonly published?: true
  readonly arithmetic?: true
  readonly steady?: true
  readonly rate: number
  readonly first: number
  readonly scenario: string
  readonly variant: ScoreVariant
  readonly out?: string
  readonly json?: true
}

export function gossipScoreCommand(): Command {
  return new Command('gossip-score')
    .description(
      "what becomes of a peer's gossipsub score while it delivers all, half or nothing, sends invalid messages, or comes back"
    )
    .addOption(
      new Option('--params <file>', 'parameters as JSON: of a topic, or of a whole score').conflicts([
        'published',
        'arithmetic',
        'steady'
      ])
    )
    .option('--topic <name>', 'which topic, where the file has several')
    .addOption(new Option('--published', "the parameters of vyzo's gist, as printed").conflicts(['arithmetic', 'steady']))
    .addOption(new Option('--arithmetic', 'those of the gist, with its arithmetic right').conflicts(['steady']))
    .option('--steady', 'those of the gist, for counters as they settle (this is what is taken where none are named)')
    .option('--rate <n>', 'messages/s that are expected of the peer', positive, 10)
    .option('--first <share>', 'which share of its messages the peer is the first to bring', ratio, 1)
    .option('--scenario <name>', 'full, half, slackens, silent, invalid, returns, or all', 'all')
    .addOption(
      new Option('--variant <name>', 'whose reading of the specification')
        .choices(['specification', 'go', 'js', 'rust'])
        .default('specification')
    )
    .option('--out <file>', 'a page with plots, as HTML')
    .option('--json', 'all points as JSON')
    .action(gossipScore)
}

async function gossipScore(options: GossipScoreOptions): Promise<void> {
  const [{ simulateScore }, scenarios, [title, { params, topic }]] = await Promise.all([
    import('../../gossip/peer-score/simulate-score.ts'),
    scenariosOf(options.scenario),
    paramsOf(options)
  ])
  const { rate, variant, first } = options
  const simulations = scenarios.map((scenario) =>
    simulateScore(
      { ...scenario, phases: scenario.phases.map((phase) => ({ ...phase, first })) },
      { params, topic, rate, variant }
    )
  )
  if (options.out !== undefined) {
    const { scorePage } = await import('../../gossip/peer-score/score-page.ts')
    await writeFile(options.out, await scorePage(simulations, params.topics[topic], { params: title, rate }))
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(simulations)}\n`)
  else process.stdout.write(`${title}, ${rate} messages/s expected, ${variant}\n\n${await table(simulations)}\n`)
}

async function scenariosOf(name: string): Promise<readonly ScoreScenario[]> {
  const [{ SCORE_SCENARIOS }, { checkOneOf }] = await Promise.all([
    import('../../gossip/peer-score/score-scenario.ts'),
    import('../../core/check.ts')
  ])
  if (name === 'all') return SCORE_SCENARIOS
  checkOneOf('--scenario', name, [...SCORE_SCENARIOS.map((scenario) => scenario.name), 'all'])
  return SCORE_SCENARIOS.filter((scenario) => scenario.name === name)
}

const TITLES: Readonly<Record<GistSet, string>> = {
  published: "vyzo's gist as printed",
  arithmetic: "vyzo's gist, arithmetic right",
  steady: "vyzo's gist, for counters as they settle"
}

async function paramsOf(options: GossipScoreOptions): Promise<readonly [title: string, params: ReadScoreParams]> {
  const [{ GIST_TOPICS, paramsOfTopic }, { readScoreParams }] = await Promise.all([
    import('../../gossip/peer-score/gist-params.ts'),
    import('../../gossip/peer-score/params-file.ts')
  ])
  const { params: file, topic = 'topic' } = options
  if (file !== undefined) return [file, readScoreParams(await textOf(file), file, options.topic)]
  const set: GistSet = options.published === true ? 'published' : options.arithmetic === true ? 'arithmetic' : 'steady'
  return [TITLES[set], { params: paramsOfTopic(topic, GIST_TOPICS[set]), topic }]
}

/** @throws ERR_INVALID_OPTION */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const { messageOf, PeerbanditError } = await import('../../core/errors.ts')
    throw new PeerbanditError('ERR_INVALID_OPTION', `--params must be a file that can be read, got ${messageOf(cause)}`, {
      cause
    })
  }
}

async function table(simulations: readonly ScoreSimulation[]): Promise<string> {
  const [{ aligned }, { formatClock }] = await Promise.all([
    import('../../training/evaluation/table.ts'),
    import('../../experiment/format.ts')
  ])
  const header = ['peer', 'lowest', 'at the end', 'P1', 'P2', 'P3', 'P3b', 'P4', 'in the mesh', 'pruned', 'first after']
  const rows = simulations.map(({ scenario, points, incidents }) => {
    const end = points[points.length - 1].components
    const pruned = incidents.filter(({ kind }) => kind === 'prune')
    return [
      scenario.name,
      points.reduce((least, { components }) => Math.min(least, components.score), Infinity),
      end.score,
      end.timeInMesh,
      end.firstMessageDeliveries,
      end.meshMessageDeliveries,
      end.meshFailurePenalty,
      end.invalidMessageDeliveries,
      `${Math.round((100 * points.filter(({ inMesh }) => inMesh).length) / points.length)} %`,
      pruned.length === 0 ? 'never' : `${pruned.length}×`,
      pruned.length === 0 ? '–' : formatClock(pruned[0].second * 1000)
    ].map((cell) => (typeof cell === 'number' ? pointsOf(cell) : cell))
  })
  const meanings = simulations.map(({ scenario }) => `${scenario.name}: ${scenario.text}`)
  return [aligned([header, ...rows]), '', ...meanings].join('\n')
}

/** Points with a digit behind the point; no −0. */
function pointsOf(score: number): string {
  const text = score.toFixed(1)
  return text === '-0.0' ? '0.0' : text
}
