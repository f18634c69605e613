import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunReport } from '../../../src/simulation/run-report.ts'

interface StoredRun {
  readonly key: string
  readonly policy: string
  readonly seed: number
  readonly report: RunReport
}

/** Null for a line that was being written when the program was ended. */
function parsed(line: string): StoredRun | null {
  try {
    return JSON.parse(line) as StoredRun
  } catch {
    return null
  }
}

/** Reports of runs on disk, a file of JSON lines a scenario: what is done stays done when the program ends early. */
export class RunStore {
  readonly #directory: string
  readonly #reports = new Map<string, RunReport>()

  /** @param directory made if it is not there */
  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true })
  }

  #file(scenario: string): string {
    return join(this.#directory, `${scenario.replaceAll(/[^\w-]/g, '_')}.jsonl`)
  }

  /** Reads what there is of a scenario. */
  load(scenario: string): void {
    const file = this.#file(scenario)
    if (!existsSync(file)) return
    const text = readFileSync(file, 'utf8')
    for (const line of text.split('\n')) {
      const run = line === '' ? null : parsed(line)
      if (run !== null) this.#reports.set(run.key, run.report)
    }
    // What comes next must not be joined to half a line.
    if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n')
  }

  get(key: string): RunReport | undefined {
    return this.#reports.get(key)
  }

  /** On disk when it returns. */
  add(scenario: string, run: StoredRun): void {
    this.#reports.set(run.key, run.report)
    appendFileSync(this.#file(scenario), `${JSON.stringify(run)}\n`)
  }
}
