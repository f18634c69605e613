import { describe, expect, it } from 'vitest'
import { rssMbOf, statOf, usageOf } from './process-usage.ts'

describe('what /proc says', () => {
  it('of resident memory', () => {
    expect(rssMbOf('VmHWM:\t   90000 kB\nVmRSS:\t   50000 kB\nThreads:\t11\n')).toBeCloseTo(51.2)
    expect(rssMbOf('Name:\tgone\n')).toBe(0)
  })

  it('of the parent and the time on processors, whatever the name is', () => {
    const stat = '4711 (a ) b (c) S 42 4711 4711 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 11 0 99 1 2'
    expect(statOf(stat)).toEqual({ parent: 42, cpuSeconds: 3 })
  })
})

describe('usageOf', () => {
  it('reads this process', async () => {
    const usage = await usageOf(process.pid)
    expect(usage!.rssMb).toBeGreaterThan(10)
    expect(usage!.cpuSeconds).toBeGreaterThan(0)
  })

  it('knows nothing of a process that is not there', async () => {
    expect(await usageOf(2 ** 30)).toBeUndefined()
  })
})
