import { propagation, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, expect, it } from 'vitest'
import { decisionOf, gatewayOf, post, scriptedService } from './scripted-service.ts'

const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))

afterAll(() => {
  trace.disable()
  propagation.disable()
})

it('tells of a request and of every attempt at it', async () => {
  const service = scriptedService(async function* ({ job }) {
    await Promise.resolve()
    yield { kind: 'attempt', decision: decisionOf(job) }
    yield { kind: 'attempt-failed', decision: decisionOf(job), reason: 'timeout', message: 'silent', kept: false }
    yield { kind: 'attempt', decision: decisionOf(job, 'peer-b', 2) }
    yield { kind: 'tokens', text: 'Hello', count: 1 }
    yield { kind: 'done', promptTokens: 7, outputTokens: 1, decision: decisionOf(job, 'peer-b', 2) }
  })
  const gateway = await gatewayOf(service, { tracing: true })
  const body = { model: 'llama3.2:3b', messages: [{ role: 'user', content: 'secret' }] }
  await (await post(`${gateway.url}/v1/chat/completions`, body)).text()
  await gateway.stop()
  const [first, second, request] = exporter.getFinishedSpans()
  expect(request).toMatchObject({
    name: 'POST /v1/chat/completions',
    attributes: {
      'http.route': '/v1/chat/completions',
      'http.response.status_code': 200,
      'gen_ai.request.model': 'llama3.2:3b',
      'gen_ai.usage.output_tokens': 1,
      'peerbandit.class': 'interactive'
    }
  })
  expect(first).toMatchObject({ name: 'attempt', attributes: { 'peerbandit.peer': 'name of peer-a', 'error.type': 'timeout' } })
  expect(second).toMatchObject({ name: 'attempt', attributes: { 'peerbandit.attempt': 2, 'peerbandit.decision': 'decision-2' } })
  for (const span of [first, second]) expect(span.parentSpanContext?.spanId).toBe(request.spanContext().spanId)
  expect(JSON.stringify([first.attributes, second.attributes, request.attributes])).not.toContain('secret')
})
