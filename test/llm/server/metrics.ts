import type { Ending } from './generation.ts'

interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly value: number
}

/** What llama.cpp's server tells Prometheus, by the same names. */
export class Metrics {
  #promptTokens = 0
  #promptMs = 0
  #outputTokens = 0
  #outputMs = 0

  add({ promptTokens, promptMs, outputTokens, outputMs }: Ending): void {
    this.#promptTokens += promptTokens
    this.#promptMs += promptMs
    this.#outputTokens += outputTokens
    this.#outputMs += outputMs
  }

  /** The text format of Prometheus. */
  text({ processing, deferred }: { readonly processing: number; readonly deferred: number }): string {
    const counter = (name: string, help: string, value: number): Metric => ({ name, type: 'counter', help, value })
    const gauge = (name: string, help: string, value: number): Metric => ({ name, type: 'gauge', help, value })
    const metrics = [
      counter('prompt_tokens_total', 'Number of prompt tokens processed.', this.#promptTokens),
      counter('prompt_seconds_total', 'Prompt process time', this.#promptMs / 1000),
      counter('tokens_predicted_total', 'Number of generation tokens processed.', this.#outputTokens),
      counter('tokens_predicted_seconds_total', 'Predict process time', this.#outputMs / 1000),
      gauge('requests_processing', 'Number of requests processing.', processing),
      gauge('requests_deferred', 'Number of requests deferred.', deferred)
    ]
    return metrics
      .map(({ name, type, help, value }) =>
        [`# HELP llamacpp:${name} ${help}`, `# TYPE llamacpp:${name} ${type}`, `llamacpp:${name} ${value}\n`].join('\n')
      )
      .join('')
  }
}
