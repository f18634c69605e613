import { isDuration, TOPIC_SCORE_FIELDS } from '../fields.ts'
import type { ScorePreset } from '../presets/preset.ts'
import type { TopicScoreParams } from '../score-params.ts'
import { PEER_FIELDS, THRESHOLD_FIELDS } from './peer-fields.ts'

function line(field: string, value: number, indent: string): string {
  return `${indent}${field}: ${value},${isDuration(field) ? ' // ms' : ''}`
}

function topicLines(params: Partial<TopicScoreParams>, indent: string): string[] {
  return TOPIC_SCORE_FIELDS.flatMap((field) => {
    const value = params[field]
    return value === undefined ? [] : [line(field, value, indent)]
  })
}

const SCORE = '@libp2p/gossipsub/score'

/** A module of TypeScript for @libp2p/gossipsub with a topic's parameters. Fields that are not given get that package's defaults. */
export function topicParamsAsTypeScript(params: Partial<TopicScoreParams>): string {
  return [
    `import { createTopicScoreParams } from '${SCORE}'`,
    '',
    'export const topicScoreParams = createTopicScoreParams({',
    ...topicLines(params, '  '),
    '})',
    ''
  ].join('\n')
}

/** A module of TypeScript for @libp2p/gossipsub with the parameters of a whole score and its thresholds. */
export function presetAsTypeScript({ params, thresholds }: ScorePreset): string {
  const topics = Object.entries(params.topics).flatMap(([name, topic]) => [
    `    ${JSON.stringify(name)}: {`,
    ...topicLines(topic, '      '),
    '    },'
  ])
  return [
    `import { createPeerScoreParams, createPeerScoreThresholds } from '${SCORE}'`,
    '',
    '// Topics have short names: put your own in their place.',
    'export const peerScoreParams = createPeerScoreParams({',
    '  topics: {',
    ...topics,
    '  },',
    '  appSpecificScore: () => 0,',
    ...PEER_FIELDS.map((field) => line(field, params[field], '  ')),
    '})',
    '',
    'export const peerScoreThresholds = createPeerScoreThresholds({',
    ...THRESHOLD_FIELDS.map((field) => line(field, thresholds[field], '  ')),
    '})',
    ''
  ].join('\n')
}
