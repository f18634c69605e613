import { goName, isDuration, TOPIC_SCORE_FIELDS } from '../fields.ts'
import { goDurationSource } from '../go-duration.ts'
import type { ScorePreset } from '../presets/preset.ts'
import type { TopicScoreParams } from '../score-params.ts'
import { PEER_FIELDS, THRESHOLD_FIELDS } from './peer-fields.ts'

// Sources as gofmt has them: tabs, and values of neighbouring lines under each other.

type Pair = readonly [name: string, value: string]

function aligned(pairs: readonly Pair[], tabs: number): string[] {
  const width = Math.max(0, ...pairs.map(([name]) => name.length + 1))
  return pairs.map(([name, value]) => `${'\t'.repeat(tabs)}${`${name}:`.padEnd(width)} ${value},`)
}

function valueOf(field: string, value: number): string {
  return isDuration(field) ? goDurationSource(value) : String(value)
}

function topicLines(params: Partial<TopicScoreParams>, tabs: number): string[] {
  const pairs = TOPIC_SCORE_FIELDS.flatMap((field): Pair[] => {
    const value = params[field]
    return value === undefined ? [] : [[goName(field), valueOf(field, value)]]
  })
  return aligned(pairs, tabs)
}

const PUBSUB = 'pubsub "github.com/libp2p/go-libp2p-pubsub"'

/** A file of Go for go-libp2p-pubsub with a topic's parameters. Fields that are not given are left out, and so are 0 there. */
export function topicParamsAsGo(params: Partial<TopicScoreParams>): string {
  const lines = topicLines(params, 1)
  const time = lines.some((line) => line.includes('time.')) ? ['\t"time"', ''] : []
  return [
    'package scoring',
    '',
    'import (',
    ...time,
    `\t${PUBSUB}`,
    ')',
    '',
    '// TopicParams are the score parameters of a topic.',
    'var TopicParams = pubsub.TopicScoreParams{',
    ...lines,
    '}',
    ''
  ].join('\n')
}

/** A file of Go for go-libp2p-pubsub with the parameters of a whole score and its thresholds. */
export function presetAsGo({ params, thresholds }: ScorePreset): string {
  const fields = PEER_FIELDS.map((field): Pair => [goName(field), valueOf(field, params[field])])
  const topics = Object.entries(params.topics).flatMap(([name, topic]) => [
    `\t\t${JSON.stringify(name)}: {`,
    ...topicLines(topic, 3),
    '\t\t},'
  ])
  return [
    'package scoring',
    '',
    'import (',
    '\t"time"',
    '',
    `\t${PUBSUB}`,
    '\t"github.com/libp2p/go-libp2p/core/peer"',
    ')',
    '',
    '// PeerParams are the score parameters of a peer. Topics have short names: put your own in their place.',
    'var PeerParams = pubsub.PeerScoreParams{',
    '\tTopics: map[string]*pubsub.TopicScoreParams{',
    ...topics,
    '\t},',
    ...aligned([['AppSpecificScore', 'func(peer.ID) float64 { return 0 }'], ...fields], 1),
    '}',
    '',
    '// Thresholds say from which score on a peer is treated how.',
    'var Thresholds = pubsub.PeerScoreThresholds{',
    ...aligned(
      THRESHOLD_FIELDS.map((field) => [goName(field), String(thresholds[field])]),
      1
    ),
    '}',
    ''
  ].join('\n')
}
