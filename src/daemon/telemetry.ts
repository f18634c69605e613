import { propagation, trace } from '@opentelemetry/api'
import { PeerbanditError } from '../core/errors.ts'

const PACKAGES = ['@opentelemetry/sdk-trace-base', '@opentelemetry/exporter-trace-otlp-http'] as const

/** Optional packages: whoever wants traces has them. */
async function loadSdk() {
  try {
    const [sdk, exporter, { resourceFromAttributes }, { W3CTraceContextPropagator }] = await Promise.all([
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/core')
    ])
    return { ...sdk, ...exporter, resourceFromAttributes, W3CTraceContextPropagator }
  } catch (cause) {
    const problem = `telemetry.endpoint needs packages that are not installed: npm install ${PACKAGES.join(' ')}`
    throw new PeerbanditError('ERR_INVALID_OPTION', problem, { cause })
  }
}

/**
 * Sends the gateway's traces to a collector, by OTLP over HTTP.
 * @param endpoint without `/v1/traces`
 * @returns sends what is left, and ends it
 * @throws ERR_INVALID_OPTION where the packages of OpenTelemetry are not installed
 */
export async function startTelemetry(endpoint: string): Promise<() => Promise<void>> {
  const { BasicTracerProvider, BatchSpanProcessor, OTLPTraceExporter, resourceFromAttributes, W3CTraceContextPropagator } =
    await loadSdk()
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'peerbandit' }),
    spanProcessors: [new BatchSpanProcessor(exporter)]
  })
  trace.setGlobalTracerProvider(provider)
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  return async () => {
    trace.disable()
    propagation.disable()
    await provider.shutdown()
  }
}
