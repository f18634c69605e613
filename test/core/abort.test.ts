import { describe, expect, it } from 'vitest'
import { deadline, sleep, whenAborted } from '../../src/core/abort.ts'
import { manualClock } from '../../src/core/clock.ts'

describe('deadline', () => {
  it('aborts with ERR_TIMEOUT that names the work', () => {
    const clock = manualClock()
    const limit = deadline(clock, 50, 'the probe')
    clock.advance(49)
    expect(limit.signal.aborted).toBe(false)
    clock.advance(1)
    expect(limit.signal.reason).toMatchObject({ code: 'ERR_TIMEOUT', message: 'the probe took longer than 50 ms' })
  })

  it('follows an outer signal, also one that has aborted already', () => {
    const clock = manualClock()
    const outer = new AbortController()
    const early = deadline(clock, 50, 'work', outer.signal)
    outer.abort(new Error('enough'))
    const late = deadline(clock, 50, 'work', outer.signal)
    expect(early.signal.reason).toMatchObject({ message: 'enough' })
    expect(late.signal.reason).toMatchObject({ message: 'enough' })
  })

  it('leaves no timer behind when it is disposed of', () => {
    const clock = manualClock()
    const limit = deadline(clock, 50, 'work')
    limit[Symbol.dispose]()
    clock.advance(100)
    expect(limit.signal.aborted).toBe(false)
  })
})

describe('sleep', () => {
  it('resolves when the time has come', async () => {
    const clock = manualClock()
    const slept = sleep(clock, 10)
    clock.advance(10)
    await expect(slept).resolves.toBeUndefined()
  })

  it('rejects with the reason of the signal', async () => {
    const clock = manualClock()
    const controller = new AbortController()
    const slept = sleep(clock, 10, { signal: controller.signal })
    controller.abort(new Error('stop'))
    await expect(slept).rejects.toThrow('stop')
    await expect(sleep(clock, 10, { signal: controller.signal })).rejects.toThrow('stop')
  })
})

describe('whenAborted', () => {
  it('resolves when the signal aborts, and at once where it has', async () => {
    const controller = new AbortController()
    const waiting = whenAborted(controller.signal)
    controller.abort()
    await waiting
    await whenAborted(controller.signal)
    expect(controller.signal.aborted).toBe(true)
  })
})
