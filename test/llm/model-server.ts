import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { checkInteger, checkPositive } from '../../src/core/check.ts'
import { systemClock } from '../../src/core/clock.ts'
import { loadModel } from './server/llama.ts'
import { modelService } from './server/model-service.ts'
import { setUpModel } from './set-up.ts'

// node test/llm/model-server.ts --port 0 --threads 1 --model smollm2-135m --slow-factor 1
// Serves a small language model and prints one line of JSON with its URL when it is ready. SIGTERM ends it.

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    threads: { type: 'string', default: '1' },
    model: { type: 'string', default: 'smollm2-135m' },
    'slow-factor': { type: 'string', default: '1' },
    slots: { type: 'string', default: '2' },
    queue: { type: 'string', default: '64' },
    context: { type: 'string', default: '2048' },
    'with-parent': { type: 'boolean', default: false }
  }
})

const whole = (name: keyof typeof values, min: number) => checkInteger(`--${name}`, Number(values[name]), { min })

const threads = whole('threads', 1)
const slowFactor = Math.max(1, checkPositive('--slow-factor', Number(values['slow-factor'])))
const loaded = await loadModel(await setUpModel(), { threads, slots: whole('slots', 1), contextSize: whole('context', 256) })
const service = modelService(loaded, { name: values.model, slowFactor, mostWaiting: whole('queue', 0), time: systemClock })
const server = createServer(service).listen(whole('port', 0), '127.0.0.1')
await once(server, 'listening')

async function stop(): Promise<void> {
  server.close()
  server.closeAllConnections()
  await loaded.close()
  process.exit(0)
}
process.once('SIGTERM', () => void stop())
if (values['with-parent']) {
  // However the parent ends, its end of the pipe closes.
  process.stdin.resume().once('close', () => void stop())
}

const { port } = server.address() as AddressInfo
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, model: values.model, threads, slowFactor })}\n`)
