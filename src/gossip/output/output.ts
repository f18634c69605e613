import type { ScorePreset } from '../presets/preset.ts'
import type { TopicScoreParams } from '../score-params.ts'
import { presetAsGo, topicParamsAsGo } from './go.ts'
import { PEER_FIELDS } from './peer-fields.ts'
import { presetAsTypeScript, topicParamsAsTypeScript } from './typescript.ts'

/** Source for @libp2p/gossipsub, source for go-libp2p-pubsub, or plain JSON with the names of the former. */
export const PARAMS_FORMATS = ['ts', 'go', 'json'] as const
export type ParamsFormat = (typeof PARAMS_FORMATS)[number]

/** A topic's parameters as text, with every digit that they have. */
export function formatTopicParams(params: Partial<TopicScoreParams>, format: ParamsFormat): string {
  switch (format) {
    case 'ts':
      return topicParamsAsTypeScript(params)
    case 'go':
      return topicParamsAsGo(params)
    case 'json':
      return jsonOf(params)
  }
}

/** The parameters of a whole score and its thresholds as text. The application's score, a function, is not in JSON. */
export function formatPreset(preset: ScorePreset, format: ParamsFormat): string {
  switch (format) {
    case 'ts':
      return presetAsTypeScript(preset)
    case 'go':
      return presetAsGo(preset)
    case 'json':
      return jsonOf(presetAsJson(preset))
  }
}

/** The numbers of a preset. */
export function presetAsJson({ params, thresholds }: ScorePreset): Record<string, unknown> {
  const numbers = Object.fromEntries(PEER_FIELDS.map((field) => [field, params[field]]))
  return { params: { topics: params.topics, ...numbers }, thresholds }
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
