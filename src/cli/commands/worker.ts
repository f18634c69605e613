import { Command, Option } from 'commander'
import type { Backend } from '../../backends/backend.ts'
import { whenAborted } from '../../core/abort.ts'
import { PeerbanditError } from '../../core/errors.ts'
import type { Claims } from '../../peer/observation.ts'
import type { Engine } from '../../router/transport.ts'
import type { WorkerNode } from '../../swarm/worker-node.ts'
import { collect, integerFrom, positive } from '../arguments.ts'
import { untilStopped } from '../exit.ts'

interface WorkerCommandOptions {
  readonly model: readonly string[]
  readonly backend?: string
  readonly kind: 'openai' | 'ollama'
  readonly keyEnv?: string
  readonly bootstrap?: readonly string[]
  readonly crowdllama?: readonly string[]
  readonly host: string
  readonly port: number
  readonly tokensPerSecond?: number
  readonly slots?: number
  readonly name: string
}

export function workerCommand(): Command {
  return new Command('worker')
    .description(
      'join a network as a worker: with a model server, or with the built-in engine, which plays a GPU of the given speed'
    )
    .option('--backend <url>', 'the model server that runs the jobs')
    .addOption(new Option('--kind <api>', 'what it speaks').choices(['openai', 'ollama']).default('openai'))
    .option('--key-env <name>', 'the environment variable that holds its API key')
    .option(
      '--model <name>',
      'a model to serve; may be given several times (default: all that the model server has)',
      collect,
      []
    )
    .option('--bootstrap <multiaddr>', 'a node to join the network by; without one, this node is the first', collect)
    .option(
      '--crowdllama <multiaddr>',
      'a node of a CrowdLlama network to serve too, or alone where there is no --bootstrap; may be given several times',
      collect
    )
    .option('--host <ip>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 for any free one', integerFrom(0, 65_535), 0)
    .option('--tokens-per-second <n>', 'decode speed of one job that runs alone (default of the built-in engine: 50)', positive)
    .option('--slots <n>', 'jobs side by side (default: what the model server says; 4)', integerFrom(1, 1024))
    .option('--name <name>', 'name of the engine', 'worker')
    .action(worker)
}

/** What runs the jobs, and what it serves. */
interface WorkerEngine {
  readonly engine: Engine
  readonly models: readonly string[]
  readonly tokensPerSecond: number
  readonly stop: () => Promise<void>
}

/** Length of an answer of the built-in engine where nobody asks for one. */
const ANSWER_TOKENS = 120

async function openEngine(options: WorkerCommandOptions): Promise<WorkerEngine> {
  if (options.backend !== undefined) return modelServer(options, options.backend)
  const { tokensPerSecond = 50, slots = 4, name, model, crowdllama } = options
  if (model.length === 0) throw new PeerbanditError('ERR_INVALID_OPTION', 'say which models to serve with --model, or --backend')
  const [{ systemClock }, { batchingEngine }] = await Promise.all([
    import('../../core/clock.ts'),
    import('../../simulation/engine/engine.ts')
  ])
  // Requests of CrowdLlama have no limit, and the engine would write for as long as it may.
  const ends = crowdllama === undefined ? {} : { answerTokens: ANSWER_TOKENS }
  const engine = batchingEngine({ clock: systemClock, timers: systemClock }, { name, tokensPerSecond, slots, ...ends })
  return { engine, models: model, tokensPerSecond, stop: () => Promise.resolve() }
}

async function modelServer({ kind, keyEnv, model, name, slots, tokensPerSecond = 0 }: WorkerCommandOptions, url: string) {
  const [{ systemClock }, { systemRng }, { openAiBackend }, { ollamaBackend }, { backendEngine }, { backendWatch }] =
    await Promise.all([
      import('../../core/clock.ts'),
      import('../../core/rng.ts'),
      import('../../backends/openai-backend.ts'),
      import('../../backends/ollama-backend.ts'),
      import('../../backends/backend-transport.ts'),
      import('../../backends/backend-watch.ts')
    ])
  const apiKey = keyEnv === undefined ? undefined : process.env[keyEnv]
  if (keyEnv !== undefined && apiKey === undefined) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `--key-env: the environment variable ${keyEnv} is not set`)
  }
  const components = { clock: systemClock, timers: systemClock }
  const make = kind === 'ollama' ? ollamaBackend : openAiBackend
  const backend = make(components, { name, url, ...(apiKey !== undefined && { apiKey }), ...(slots !== undefined && { slots }) })
  const models = model.length > 0 ? model : await modelsOf(backend, url)
  // Keeps what it says of its load fresh.
  const watch = backendWatch({ ...components, rng: systemRng, observe: () => undefined }, [backend])
  watch.start()
  const stop = async () => {
    await watch.stop()
    await backend.close()
  }
  return { engine: backendEngine(backend), models, tokensPerSecond, stop }
}

async function modelsOf(backend: Backend, url: string): Promise<readonly string[]> {
  const { models } = await backend.poll()
  if (models.length > 0) return models
  await backend.close()
  throw new PeerbanditError('ERR_INVALID_OPTION', `${url} lists no models; say which to serve with --model`)
}

/** The networks that it serves: CrowdLlama's alone where only that was named. Each has a node of its own, the first the port. */
async function openNodes(
  { bootstrap, crowdllama, host, port }: WorkerCommandOptions,
  { engine, claims }: { readonly engine: Engine; readonly claims: Claims }
): Promise<readonly WorkerNode[]> {
  const [{ systemClock: clock }, { hostLoad }, { startWorker }, { startCrowdllamaWorker }] = await Promise.all([
    import('../../core/clock.ts'),
    import('../../swarm/host-load.ts'),
    import('../../swarm/worker-node.ts'),
    import('../../swarm/crowdllama-worker.ts')
  ])
  const nodes: WorkerNode[] = []
  const listen = () => [`/ip4/${host}/tcp/${nodes.length === 0 ? port : 0}`]
  try {
    if (bootstrap !== undefined || crowdllama === undefined) {
      const load = hostLoad(clock)
      const components = { clock, engine, hostLoad: load }
      const node = await startWorker(components, { claims, listen: listen(), bootstrap: bootstrap ?? [] }).catch(
        (error: unknown) => {
          load.stop()
          throw error
        }
      )
      nodes.push(node)
    }
    if (crowdllama !== undefined) {
      nodes.push(await startCrowdllamaWorker({ clock, engine }, { claims, listen: listen(), bootstrap: crowdllama }))
    }
    return nodes
  } catch (error) {
    for (const node of nodes) await node.stop()
    throw error
  }
}

async function worker(options: WorkerCommandOptions): Promise<void> {
  const { hostFacts } = await import('../../swarm/host-load.ts')
  const stopped = untilStopped()
  const { engine, models, tokensPerSecond, stop } = await openEngine(options)
  const claims: Claims = { models, tokensPerSecond, loadRatio: 0, ...(await hostFacts()) }
  const nodes = await openNodes(options, { engine, claims }).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  for (const node of nodes) {
    process.stdout.write(`Worker ${node.id} serves ${models.join(', ')} at\n`)
    for (const address of node.addresses()) process.stdout.write(`  ${address}\n`)
  }
  process.stdout.write('Ctrl-C ends it.\n')
  await whenAborted(stopped.signal)
  await Promise.all(nodes.map((node) => node.stop()))
  await stop()
  stopped.release()
}
