import { Command } from 'commander'
import type { BeaconInputs } from '../../gossip/presets/preset.ts'
import type { TopicScoreParams } from '../../gossip/score-params.ts'
import {
  type GossipParamsMode,
  gossipParamsOptions,
  type GossipParamsOptions,
  designFrom,
  modeOf
} from '../gossip-params/options.ts'

export function gossipParamsCommand(): Command {
  const command = new Command('gossip-params')
    .description(
      "gossipsub's score parameters of a topic, from what is expected of it; without options those of vyzo's gist, and its slips"
    )
    .action(gossipParams)
  return gossipParamsOptions(command)
}

type Run = (options: GossipParamsOptions, command: Command) => Promise<string>

const RUNS: Readonly<Record<GossipParamsMode, Run>> = { design, published, check, preset }

async function gossipParams(options: GossipParamsOptions, command: Command): Promise<void> {
  process.stdout.write(await RUNS[modeOf(options, command)](options, command))
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`
}

async function design(options: GossipParamsOptions): Promise<string> {
  const [{ formatTopicParams }, { designJson, designReport, designText }] = await Promise.all([
    import('../../gossip/output/output.ts'),
    import('../gossip-params/design-report.ts')
  ])
  const report = designReport(designFrom(options), options)
  if (options.json === true) return jsonOf(designJson(report))
  if (options.format === undefined) return designText(report)
  for (const { message } of report.chosen.warnings) process.stderr.write(`warning: ${message}\n`)
  return formatTopicParams(report.chosen.params, options.format)
}

async function published({ json, format }: GossipParamsOptions): Promise<string> {
  const [{ formatTopicParams }, { GIST_PUBLISHED, GIST_WORKING }] = await Promise.all([
    import('../../gossip/output/output.ts'),
    import('../../gossip/gist.ts')
  ])
  if (json === true) return jsonOf({ gistPublished: GIST_PUBLISHED, working: GIST_WORKING })
  return format === undefined ? summaryOf(GIST_PUBLISHED) : formatTopicParams(GIST_PUBLISHED, format)
}

/** As the gist has it, a line a field. */
async function summaryOf(params: Partial<TopicScoreParams>): Promise<string> {
  const [{ goName, isDuration }, { goDurationSource }] = await Promise.all([
    import('../../gossip/fields.ts'),
    import('../../gossip/go-duration.ts')
  ])
  const lines = Object.entries(params).map(
    ([field, value]) => `${goName(field)} = ${isDuration(field) ? goDurationSource(value) : value}\n`
  )
  return lines.join('')
}

async function check(options: GossipParamsOptions, command: Command): Promise<string> {
  const { check: file, published: ofGist, tolerance, json } = options
  if ((file === true) !== (ofGist === true)) {
    command.error(
      file === true
        ? "error: option '--check [file]' needs a file, or --published for the set of the gist"
        : "error: option '--published' goes with --check without a file"
    )
  }
  const [{ checkParamsAgainst }, { checkText, paramsToCheck }] = await Promise.all([
    import('../../gossip/check-params.ts'),
    import('../gossip-params/check-report.ts')
  ])
  const params = await paramsToCheck(file === true ? undefined : file)
  const wanted = designFrom(options)
  const found = checkParamsAgainst(params, wanted, tolerance === undefined ? {} : { tolerance })
  return json === true
    ? jsonOf({ params, ...found })
    : checkText(found, file === true ? 'the published set' : (file ?? ''), wanted)
}

async function preset(options: GossipParamsOptions): Promise<string> {
  const [{ formatPreset, formatTopicParams, presetAsJson }, { scorePreset }, { PeerbanditError }, { didYouMean }] =
    await Promise.all([
      import('../../gossip/output/output.ts'),
      import('../../gossip/presets/presets.ts'),
      import('../../core/errors.ts'),
      import('../../core/near.ts')
    ])
  const { preset: name = 'lodestar', topic, format, json } = options
  const made = scorePreset(name, beaconInputs(options))
  if (topic === undefined)
    return json === true ? jsonOf({ preset: name, ...presetAsJson(made) }) : formatPreset(made, format ?? 'json')
  const names = Object.keys(made.params.topics)
  if (!names.includes(topic)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `topic must be one of ${names.join(', ')} for preset ${name}, got "${topic}"${didYouMean(topic, names)}`
    )
  }
  const params = made.params.topics[topic]
  return json === true ? jsonOf({ preset: name, topic, params }) : formatTopicParams(params, format ?? 'json')
}

function beaconInputs({ slot, slotsPerEpoch, mesh, validators, currentSlot }: GossipParamsOptions): BeaconInputs {
  const inputs = { slotMs: slot, slotsPerEpoch, meshDegree: mesh, activeValidators: validators, currentSlot }
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined))
}
