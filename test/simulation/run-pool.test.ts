import { describe, expect, it } from 'vitest'
import { runAll, taskQueue } from '../../src/simulation/run-pool.ts'
import { type RunReport, runReporter } from '../../src/simulation/run-report.ts'
import { checkScenario } from '../../src/simulation/scenario/check-scenario.ts'
import { smallScenario } from './small-scenario.ts'

const scenario = checkScenario(smallScenario({ jobs: 120 }), 'small')
const tasksOf = (policies: readonly string[], seeds: number) =>
  Array.from({ length: seeds }, (_, i) => policies.map((policy) => ({ scenario, policy, seed: i + 1 }))).flat()

/** All but what is measured. */
const certain = (reports: readonly RunReport[]) => reports.map((report) => ({ ...report, decisionMicros: 0 }))

describe('runs in threads', () => {
  it('report the same, bit for bit, with any number of workers, as without threads', async () => {
    const tasks = tasksOf(['thompson', 'random', 'omniscient-sed'], 2)
    const report = runReporter()
    const alone: RunReport[] = []
    for (const task of tasks) alone.push(await report(task))
    for (const workers of [1, 3]) {
      const told: number[] = []
      const reports = await runAll(tasks, { workers, onReport: (task) => told.push(tasks.indexOf(task)) })
      expect(certain(reports), `${workers} workers`).toEqual(certain(alone))
      expect(told.sort(), `${workers} workers`).toEqual([0, 1, 2, 3, 4, 5])
    }
  })

  it('end with the run that failed by name, and with its error', async () => {
    const tasks = [...tasksOf(['random'], 1), { scenario, policy: 'nobody', seed: 3 }]
    await expect(runAll(tasks, { workers: 2 })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/^scenario small, policy nobody, seed 3: policy must be one of .*got "nobody"$/) as string
    })
  })

  it('end at once when they are told to', async () => {
    const long = { ...scenario, jobs: 1_000_000 }
    const controller = new AbortController()
    const running = runAll([{ scenario: long, policy: 'random', seed: 1 }], { signal: controller.signal })
    setImmediate(() => {
      controller.abort(new Error('enough'))
    })
    await expect(running).rejects.toThrow('enough')
    await expect(runAll(tasksOf(['random'], 1), { signal: controller.signal })).rejects.toThrow('enough')
  })

  it('are none when there are no tasks', async () => {
    expect(await runAll([], { workers: 4 })).toEqual([])
  })

  it.each([0, 1.5, NaN])('refuse %d workers', async (workers) => {
    await expect(runAll([], { workers })).rejects.toThrow(/workers must be an integer of at least 1/)
  })
})

describe('the order of tasks', () => {
  it('keeps a worker with its seed, gives a new one a seed of its own, and shares the last', () => {
    const tasks = tasksOf(['a', 'b', 'c'], 2)
    const take = taskQueue(tasks)
    const [first, second] = [take(), take()]
    expect([first, second]).toEqual([0, 3])
    expect([take(tasks[0]), take(tasks[3]), take(tasks[1])]).toEqual([1, 4, 2])
    expect([take(tasks[2]), take(tasks[5]), take()]).toEqual([5, undefined, undefined])
  })
})
