import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OwnLoad } from '../../src/backends/own-load.ts'
import { readFigures } from '../../src/backends/prometheus.ts'
import type { ServerKind } from './scripted-server.ts'
import { answerOf, call, CHAT, startBackend } from './support.ts'

describe('readFigures', () => {
  const NAMES = new Set(['vllm:num_requests_running', 'plain'])

  it('sums the label sets of the figures that are asked for', () => {
    const text = [
      '# HELP vllm:num_requests_running Number of requests in model execution batches.',
      '# TYPE vllm:num_requests_running gauge',
      'vllm:num_requests_running{engine="0",model_name="a} \\"b\\" {c"} 3.0',
      'vllm:num_requests_running{engine="1",model_name="a"} 4 1395066363000',
      'vllm:num_requests_running_total{engine="1"} 99',
      'vllm:num_requests_running{tp_rank="1"} 50',
      'vllm:num_requests_running{tp_rank="0"} 1e1',
      'plain 2\r',
      'other 5'
    ].join('\n')
    expect(Object.fromEntries(readFigures(text, NAMES))).toEqual({ 'vllm:num_requests_running': 17, plain: 2 })
  })

  it.each(['plain NaN', 'plain +Inf', 'plain -1', 'plain', 'plain{ 3', 'plain{a="b} 3', `plain{a="${'x'.repeat(9_000)}"} 3`])(
    'passes over %s',
    (line) => {
      expect(readFigures(`${line}\nplain 1`, NAMES).get('plain')).toBe(1)
    }
  )

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }), (text) => {
        readFigures(`plain${text}`, NAMES)
      })
    )
  })
})

describe('OwnLoad', () => {
  it('adds the jobs that were sent since the server spoke', () => {
    const load = new OwnLoad(undefined, 4)
    const first = load.enter()
    load.say({ running: 3, queued: 0, slots: 4 })
    expect(load.report()).toMatchObject({ slots: 4, running: 3, queued: 0 })
    const second = load.enter()
    load.enter()
    expect(load.report()).toMatchObject({ running: 4, queued: 1 })
    first.leave()
    first.leave()
    second.leave()
    expect(load.report()).toMatchObject({ running: 3, queued: 0 })
  })

  it('says what a server with a queue says, even below its slots', () => {
    const load = new OwnLoad(undefined, 256)
    load.say({ running: 30, queued: 12 })
    expect(load.report()).toMatchObject({ slots: 256, running: 30, queued: 12 })
    load.forget()
    expect(load.report()).toMatchObject({ running: 0, queued: 0 })
  })

  it('measures the speed of jobs that were long enough', () => {
    const load = new OwnLoad(2, 4)
    load.enter().leave(3, 10)
    expect(load.report()).toMatchObject({ slots: 2, tokensPerSecond: 0 })
    load.enter().leave(101, 2_000)
    expect(load.report().tokensPerSecond).toBe(50)
    load.enter().leave(101, 1_000)
    expect(load.report().tokensPerSecond).toBe(60)
  })
})

describe('what a server says of its load', () => {
  const load = { running: 3, queued: 2, slots: 8 }

  it.each<[ServerKind, object, string[]]>([
    ['vllm', { slots: 256, running: 3, queued: 2 }, ['/metrics']],
    ['sglang', { slots: 256, running: 3, queued: 2 }, ['/metrics']],
    ['llamacpp', { slots: 8, running: 3, queued: 2 }, ['/metrics']],
    ['openai', { slots: 4, running: 0, queued: 0 }, []]
  ])('is found once, of %s', async (kind, wanted, again) => {
    const { server, backend } = await startBackend({ kind, load })
    const status = await backend.poll()
    expect(status).toMatchObject({ models: ['tiny'], load: wanted })
    expect(status.rttMs).toBeGreaterThan(0)
    expect(backend.load()).toMatchObject(wanted)
    const before = server.requests.length
    await backend.poll()
    expect(server.requests.slice(before).map(({ path }) => path)).toEqual(['/v1/models', ...again])
  })

  it('is read from the slots of a llama.cpp without metrics', async () => {
    const { server, backend } = await startBackend({ kind: 'llamacpp', load })
    server.answers = { '/metrics': { status: 501, body: 'not supported' } }
    expect((await backend.poll()).load).toMatchObject({ slots: 8, running: 3, queued: 0 })
  })

  it('is looked for again when it is not there any more', async () => {
    const { server, backend } = await startBackend({ kind: 'llamacpp', load })
    await backend.poll()
    server.answers = { '/metrics': { status: 501, body: 'not supported' } }
    await backend.poll()
    expect((await backend.poll()).load).toMatchObject({ slots: 8, running: 3, queued: 0 })
  })

  it('is that of our own jobs where nothing is said', async () => {
    const { server, backend } = await startBackend(
      { kind: 'openai', script: { fault: { kind: 'stall', afterTokens: 1 } } },
      { slots: 1 }
    )
    const giveUp = new AbortController()
    const answers = [1, 2].map(() => answerOf(backend.infer(CHAT, { signal: giveUp.signal })))
    await server.nextJob()
    expect((await backend.poll()).load).toEqual({ slots: 1, running: 1, queued: 1, tokensPerSecond: 0 })
    giveUp.abort()
    await Promise.all(answers)
    expect(backend.load()).toMatchObject({ running: 0, queued: 0 })
  })

  it('comes with the first tokens and with the end', async () => {
    const { backend } = await startBackend({ kind: 'vllm', load })
    await backend.poll()
    const events = await Array.fromAsync(backend.infer(CHAT, {}))
    expect(events[0]).toMatchObject({ kind: 'tokens', load: { running: 3, queued: 3 } })
    expect(events.at(-1)).toMatchObject({ kind: 'done', load: { running: 3, queued: 2 } })
    expect(await Array.fromAsync(backend.infer(call('embedding', { input: 'a' }), {}))).toMatchObject([{ load: { queued: 2 } }])
  })

  it.each([
    ['metrics', '/metrics', 'vllm:num_requests_running 1e300\nvllm:num_requests_waiting 1'],
    ['slots', '/slots', '[1, null, "x"]'],
    ['slots', '/slots', '[]'],
    ['props', '/props', '{"total_slots": -5}'],
    ['props', '/props', '{"total_slots": 1e12}'],
    ['props', '/props', 'null']
  ])('is not believed when %s are absurd', async (_, path, body) => {
    const { server, backend } = await startBackend({ kind: 'openai' })
    server.answers = { [path]: { body } }
    expect((await backend.poll()).load).toEqual({ slots: 4, running: 0, queued: 0, tokensPerSecond: 0 })
  })
})

describe('which models a server has', () => {
  it('is what the owner says where it lists none', async () => {
    const { server, backend } = await startBackend({ kind: 'openai' }, { models: { small: 'tiny' } })
    server.answers = { '/v1/models': { status: 404, body: 'no' } }
    const status = await backend.poll()
    expect(status.models).toEqual(['small'])
    expect(status.rttMs).toBeLessThan(Infinity)
  })

  it('is what of its list can be a name', async () => {
    const { server, backend } = await startBackend({ kind: 'openai' })
    const data = [{ id: 'a' }, { id: 7 }, null, { id: '' }, { id: 'a' }, { id: 'x'.repeat(300) }, 'b', { id: 'c' }]
    server.answers = { '/v1/models': { body: { data } } }
    expect((await backend.poll()).models).toEqual(['a', 'c'])
  })

  it.each(['null', '{"data": 7}', '[', '"text"'])('is unknown when the list is %s', async (body) => {
    const { server, backend } = await startBackend({ kind: 'openai' })
    server.answers = { '/v1/models': { body } }
    await expect(backend.poll()).rejects.toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('is unknown when it is too long', async () => {
    const { server, backend } = await startBackend({ kind: 'openai' })
    server.answers = { '/v1/models': { body: 'x'.repeat(5_000_000) } }
    await expect(backend.poll()).rejects.toMatchObject({ code: 'ERR_PROTOCOL' })
  })
})
