import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/backends/backend.ts'
import { backendWatch, type BackendWatch, type BackendWatchOptions } from '../../src/backends/backend-watch.ts'
import { pcg32 } from '../../src/core/rng.ts'
import { checkObservation, type Observation } from '../../src/peer/observation.ts'
import { backendTo, COMPONENTS, startBackend, startServer, stopLater } from './support.ts'

const FAST = { pollIntervalMs: 20, timeoutMs: 1_000 } as const

/** A watch that runs, with what it told. */
function startWatch(backends: readonly Backend[], options: BackendWatchOptions = {}) {
  const facts: { readonly peer: string; readonly observation: Observation; readonly atMs: number }[] = []
  let wake = (): void => undefined
  const observe = (peer: string, observation: Observation, atMs: number) => {
    checkObservation(observation)
    facts.push({ peer, observation, atMs })
    // Once the fact has had its effect.
    setImmediate(wake)
  }
  const watch: BackendWatch = stopLater(
    backendWatch({ ...COMPONENTS, observe, rng: pcg32(1) }, backends, { ...FAST, ...options })
  )
  watch.start()
  return {
    watch,
    facts,
    kindsOf: (peer: string) => facts.filter((fact) => fact.peer === peer).map(({ observation }) => observation.kind),
    until: async (condition: () => boolean): Promise<void> => {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  }
}

describe('backendWatch', () => {
  it('tells what backends are there, what they serve and how busy they are', async () => {
    const load = { running: 3, queued: 1, slots: 4 }
    const hardware = { gpuModel: 'RTX 4090', vramGb: 24, tokensPerSecond: 90 }
    const { backend: first } = await startBackend(
      { kind: 'llamacpp', load, models: ['tiny', 'big'] },
      { name: 'first', hardware }
    )
    const { backend: second } = await startBackend({ kind: 'ollama' }, { name: 'second' })
    const started = COMPONENTS.clock.wall()
    const { watch, facts, kindsOf, until } = startWatch([first, second])
    await until(() => watch.members('tiny').length === 2)
    expect(watch.members('tiny')).toEqual(['first', 'second'])
    expect(watch.members('big')).toEqual(['first'])
    expect(watch.members('none')).toEqual([])
    expect(watch.models()).toEqual(['big', 'tiny'])
    for (const peer of ['first', 'second']) expect(kindsOf(peer).slice(0, 4)).toEqual(['connected', 'ping', 'load', 'claims'])
    const of = (kind: string) => facts.find(({ peer, observation }) => peer === 'first' && observation.kind === kind)?.observation
    expect(of('load')).toMatchObject({ load })
    expect(of('claims')).toEqual({ kind: 'claims', claims: { models: ['tiny', 'big'], ...hardware, loadRatio: 1 } })
    expect(watch.status('first')).toMatchObject({ load })
    expect(facts.every(({ atMs }) => atMs >= started)).toBe(true)
    await until(() => kindsOf('second').filter((kind) => kind === 'load').length === 3)
    expect(kindsOf('second').filter((kind) => kind === 'connected').length).toBe(1)
  })

  it('tells when one leaves and when it is back', async () => {
    const server = await startServer({ kind: 'vllm' })
    const { watch, kindsOf, until } = startWatch([backendTo(server)])
    const changes: string[][] = []
    watch.onChange(() => changes.push(watch.members('tiny')))
    await until(() => watch.members('tiny').length === 1)
    await server.stop()
    await until(() => watch.members('tiny').length === 0)
    expect(kindsOf('box').slice(-2)).toEqual(['ping-failed', 'disconnected'])
    expect(watch.status('box')).toBeUndefined()
    await startServer({ kind: 'vllm', port: server.port })
    await until(() => watch.members('tiny').length === 1)
    expect(changes).toEqual([['box'], [], ['box']])
  })

  it('says when all were asked, those that are away too, and remembers what those served that left', async () => {
    const server = await startServer({ kind: 'vllm' })
    const away = await startServer({ kind: 'vllm', models: ['big'] })
    await away.stop()
    const { watch, until } = startWatch([backendTo(server), backendTo(away, { name: 'away' })])
    expect(watch.models()).toEqual([])
    await watch.asked()
    expect(watch.models()).toEqual(['tiny'])
    expect(['tiny', 'big'].map((model) => watch.wasServed(model))).toEqual([true, false])
    await server.stop()
    await until(() => watch.models().length === 0)
    expect(watch.wasServed('tiny')).toBe(true)
    watch.replace([])
    expect(watch.wasServed('tiny')).toBe(false)
    await watch.asked()
  })

  it('tells of a change of models', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm' })
    const { watch, until } = startWatch([backend])
    await until(() => watch.members('tiny').length === 1)
    const changes: string[][] = []
    const forget = watch.onChange(() => changes.push(watch.models()))
    server.answers = { '/v1/models': { body: { data: [{ id: 'other' }] } } }
    await until(() => watch.members('other').length === 1)
    forget()
    server.answers = {}
    await until(() => watch.members('tiny').length === 1)
    expect(changes).toEqual([['other']])
  })

  it.each([
    ['garbage', { body: '[' }],
    ['an error', { status: 500, body: 'out of order' }],
    ['a refusal', { status: 400, body: { detail: 'no' } }]
  ])('bears with a server that answers %s, but not for long', async (_, answer) => {
    const { server, backend } = await startBackend({ kind: 'vllm' })
    const { watch, kindsOf, until } = startWatch([backend], { failuresToLeave: 2 })
    await until(() => watch.members('tiny').length === 1)
    server.answers = { '/v1/models': answer }
    await until(() => kindsOf('box').includes('disconnected'))
    expect(kindsOf('box').slice(-3)).toEqual(['ping-failed', 'ping-failed', 'disconnected'])
    server.answers = {}
    await until(() => watch.members('tiny').length === 1)
    expect(kindsOf('box').filter((kind) => kind === 'connected').length).toBe(2)
  })

  it('gives up a poll that takes too long', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm', answers: { '/v1/models': 'silence' } })
    const { watch, kindsOf, until } = startWatch([backend], { timeoutMs: 20 })
    await until(() => kindsOf('box').length >= 2)
    expect(kindsOf('box').slice(0, 2)).toEqual(['ping-failed', 'ping-failed'])
    await server.requests[0]?.left
    expect(watch.models()).toEqual([])
  })

  it('says nothing more when it is stopped, and may start again', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm' })
    const { watch, facts, until } = startWatch([backend])
    watch.start()
    await until(() => watch.members('tiny').length === 1)
    await watch.stop()
    const { length } = facts
    const asked = server.requests.length
    await new Promise(setImmediate)
    expect([facts.length, server.requests.length]).toEqual([length, asked])
    watch.start()
    await until(() => facts.length > length)
  })

  it.each([[{ pollIntervalMs: 0 }], [{ jitterRatio: 2 }], [{ timeoutMs: NaN }], [{ failuresToLeave: 0 }]])(
    'refuses %o',
    (options) => {
      expect(() => startWatch([], options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    }
  )

  it('refuses two backends of one name', () => {
    const two = [1, 2].map(() => backendTo({ kind: 'openai', url: 'http://127.0.0.1:9' }))
    expect(() => startWatch(two)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})
