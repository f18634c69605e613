import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createTopicScoreParams } from '@libp2p/gossipsub/score'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { topicScoreParams } from '../../src/gossip/calculator.ts'
import { GIST_PUBLISHED, gistDesign } from '../../src/gossip/gist.ts'
import { formatPreset, formatTopicParams, presetAsJson } from '../../src/gossip/output/output.ts'
import { SCORE_PRESETS, scorePreset } from '../../src/gossip/presets/presets.ts'
import { readTopicScoreParams } from '../../src/gossip/read-params.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const params = topicScoreParams(gistDesign('truncated'))
const go = (name: string) => readFile(new URL(`../fixtures/gossip/${name}.go.txt`, import.meta.url), 'utf8')

/** What the compiler says of modules, as if they lay in the root of the project. */
function complaintsAbout(sources: readonly string[]): string[] {
  const files = new Map(sources.map((source, i) => [`${root}emitted-${i}.ts`, source]))
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: []
  }
  const host = ts.createCompilerHost(options)
  const plain = ts.createCompilerHost(options)
  host.readFile = (name) => files.get(name) ?? plain.readFile(name)
  host.fileExists = (name) => files.has(name) || plain.fileExists(name)
  host.getSourceFile = (name, languageVersion, ...rest) => {
    const source = files.get(name)
    return source === undefined
      ? plain.getSourceFile(name, languageVersion, ...rest)
      : ts.createSourceFile(name, source, languageVersion)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return [...files.keys()].flatMap((name) => {
    const file = program.getSourceFile(name)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  })
}

/** What a module exports, evaluated by Node beside the package that it is for. */
async function evaluated(source: string, name: string): Promise<unknown> {
  const program = `${source}\nconsole.log(JSON.stringify(${name}))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: root })
  return JSON.parse(stdout)
}

describe('TypeScript', () => {
  const sources = [
    formatTopicParams(params, 'ts'),
    formatTopicParams(GIST_PUBLISHED, 'ts'),
    ...SCORE_PRESETS.map((name) => formatPreset(scorePreset(name), 'ts'))
  ]

  it('has types that @libp2p/gossipsub takes', () => {
    expect(complaintsAbout(sources)).toEqual([])
    expect(complaintsAbout([sources[0].replace('topicWeight', 'topicWait')])).toHaveLength(1)
  })

  it('is the parameters, once evaluated', async () => {
    expect(await evaluated(sources[0], 'topicScoreParams')).toEqual(createTopicScoreParams(params))
    expect(await evaluated(sources[1], 'topicScoreParams')).toEqual(createTopicScoreParams(GIST_PUBLISHED))
  })

  it.each(SCORE_PRESETS)('is the preset of %s, once evaluated', async (name) => {
    const preset = scorePreset(name)
    const source = formatPreset(preset, 'ts')
    expect(await evaluated(source, 'peerScoreParams')).toEqual(JSON.parse(JSON.stringify(preset.params)))
    expect(await evaluated(source, 'peerScoreThresholds')).toEqual(preset.thresholds)
  })
})

describe('Go', () => {
  it('is as gofmt has it, and as it was compiled with go-libp2p-pubsub', async () => {
    expect(formatTopicParams(params, 'go')).toBe(await go('topic'))
    expect(formatPreset(scorePreset('lotus'), 'go')).toBe(await go('lotus'))
  })

  it.each(SCORE_PRESETS)('of %s has tabs, values under each other, and every field', (name) => {
    const preset = scorePreset(name)
    const source = formatPreset(preset, 'go')
    const fields = [...source.matchAll(/^(\t+)(\w+:)( +)(\S.*),$/gm)]
    const topicFields = fields.filter(([, tabs]) => tabs.length === 3)
    expect(topicFields).toHaveLength(17 * Object.keys(preset.params.topics).length)
    expect(new Set(topicFields.map(([, , field, spaces]) => field.length + spaces.length)).size).toBe(1)
    expect(source).not.toMatch(/[ \t]\n|\n\n\n| {2}\/\/|NaN|Infinity|undefined/)
    expect(source.endsWith('}\n')).toBe(true)
  })

  it('leaves out what is not given, and the import of time with the durations', () => {
    expect(formatTopicParams(GIST_PUBLISHED, 'go')).not.toMatch(/TopicWeight|Window/)
    expect(formatTopicParams(GIST_PUBLISHED, 'go')).toContain('MeshMessageDeliveriesActivation: 30 * time.Second,\n')
    expect(formatTopicParams({ topicWeight: 1 }, 'go')).toBe(
      'package scoring\n\nimport (\n\tpubsub "github.com/libp2p/go-libp2p-pubsub"\n)\n\n// TopicParams are the score parameters of a topic.\n' +
        'var TopicParams = pubsub.TopicScoreParams{\n\tTopicWeight: 1,\n}\n'
    )
  })
})

describe('JSON', () => {
  it('is read again as it was', () => {
    expect(readTopicScoreParams(JSON.parse(formatTopicParams(params, 'json')), 'it')).toEqual(params)
  })

  it('has the numbers of a preset', () => {
    const preset = scorePreset('lodestar')
    const json = JSON.parse(formatPreset(preset, 'json')) as unknown
    expect(json).toEqual(presetAsJson(preset))
    expect(json).toMatchObject({ params: { topics: preset.params.topics, topicScoreCap: preset.params.topicScoreCap } })
  })
})
