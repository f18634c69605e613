import type { Clock, Timers } from '../core/clock.ts'
import type { AbortOptions } from '../core/abort.ts'
import { type Dashboard, dashboard } from '../dashboard/dashboard.ts'
import { type Gateway, startGateway } from '../gateway/gateway.ts'
import { registerSelection } from '../gateway/selection-metrics.ts'
import type { GatewayService } from '../gateway/service.ts'
import type { PeerId } from '../job/decision.ts'
import { openJournal } from '../journal/level-journal.ts'
import { openRouter, type Router } from '../router/router.ts'
import type { Algorithm } from '../scoring/algorithms.ts'
import { SelectionStatistics } from '../selector/statistics.ts'
import { throughputModel } from '../throughput/throughput-model.ts'
import { type ModelStore, modelStore } from '../throughput/model-store.ts'
import { keepTrained } from '../training/background/keep-trained.ts'
import type { Config } from './config/config-schema.ts'
import { configDifferences, type ConfigDifferences } from './config/differences.ts'
import { type Secrets, secretTexts } from './config/secrets.ts'
import { accessOptions, defined, gatewayOptions, routerOptions } from './daemon-options.ts'
import { errorFields, type Log } from './log.ts'
import { type DaemonFleet, openFleet } from './open-fleet.ts'
import { startTelemetry } from './telemetry.ts'

export interface DaemonComponents {
  readonly clock: Clock & Timers
  readonly log: Log
}

/** A configuration with what it refers to. */
export interface DaemonSetup {
  readonly config: Config
  readonly secrets: Secrets
  /** Of `routing.weights`. */
  readonly algorithms?: readonly Algorithm[] | undefined
}

export interface Daemon {
  /** Without a slash at the end. */
  readonly url: string
  /** What it routes to, and what it has learned from before. */
  readonly router: Router<DaemonFleet>
  /**
   * Takes over what of another configuration can be taken over while jobs run.
   * @returns what was, and what waits for a restart
   */
  reload(setup: DaemonSetup): ConfigDifferences
  /** Takes no more jobs, lets those that run go on for as long as the configuration says, and puts everything away. @returns jobs cut off */
  drain(): Promise<number>
}

const MS_PER_HOUR = 3_600_000

/** A router runs without a model too: what is wrong with one is said in a line. */
async function servingModel(store: ModelStore, log: Log) {
  const { model, name, reason } = await store.serving()
  if (reason !== undefined) log.warn('throughput-model', { used: model === undefined ? 'none' : `the earlier ${name}`, reason })
  return model === undefined ? undefined : throughputModel(model)
}

function serviceOf(router: Router<DaemonFleet>, current: () => Config): GatewayService {
  const { fleet, table } = router
  return {
    models: () => fleet.models().map((name) => ({ name, peers: fleet.members(name).length })),
    serves: (model) => fleet.members(model).length > 0,
    knows: (model) => fleet.wasServed(model) || isConfigured(current(), model),
    run: (job, prompt, options) => router.run(job, prompt, options),
    nameOf: (peer) => fleet.nameOf(peer),
    priceOf: (peer) => current().backends.find(({ name }) => name === peer)?.pricePerMillionTokens,
    ready: () => fleet.models().length > 0,
    peers: () => membersOf(fleet).map((id) => ({ id, healthy: true, models: claimedModels(table, id) }))
  }
}

/** Models that peers are there for by the configuration, whether one is there now or not. */
function isConfigured({ backends, network }: Config, model: string): boolean {
  const lists = (models: Config['backends'][number]['models'] = []) =>
    Array.isArray(models) ? models.includes(model) : Object.hasOwn(models, model)
  return network?.models.includes(model) === true || backends.some(({ models }) => lists(models))
}

function membersOf(fleet: DaemonFleet): PeerId[] {
  return [...new Set(fleet.models().flatMap((model) => fleet.members(model)))]
}

function claimedModels(table: Router['table'], peer: PeerId): readonly string[] {
  return table.has(peer) ? (table.evidence(table.rowOf(peer), 0).claims?.models ?? []) : []
}

/**
 * The router that people run: peers of a configuration behind an HTTP API, with a page and metrics.
 * @throws ERR_INVALID_OPTION, ERR_PORT_IN_USE, ERR_JOURNAL_LOCKED, ERR_JOURNAL_VERSION, ERR_JOURNAL_CORRUPT, ERR_WORKER; nothing is left open then
 */
export async function startDaemon(components: DaemonComponents, setup: DaemonSetup, options: AbortOptions = {}): Promise<Daemon> {
  const { telemetry } = setup.config
  const stopTelemetry = telemetry === undefined ? () => Promise.resolve() : await startTelemetry(telemetry.endpoint)
  try {
    const parts = { ...(await openParts(components, setup, options)), stopTelemetry }
    return new RunningDaemon(components, setup, parts, await serve(components, setup, parts))
  } catch (error) {
    await stopTelemetry()
    throw error
  }
}

interface Opened {
  readonly router: Router<DaemonFleet>
  readonly statistics: SelectionStatistics
  readonly stopTraining: () => Promise<void>
}

interface Parts extends Opened {
  readonly stopTelemetry: () => Promise<void>
}

async function close({ router, statistics, stopTraining }: Opened): Promise<void> {
  await stopTraining()
  statistics.stop()
  await router.stop()
}

async function openParts({ clock, log }: DaemonComponents, setup: DaemonSetup, options: AbortOptions): Promise<Opened> {
  const { config, algorithms } = setup
  const store = config.throughput.models === undefined ? undefined : modelStore(config.throughput.models)
  const throughput = store === undefined ? undefined : await servingModel(store, log)
  const { path, durability } = config.journal
  const journal = await openJournal(path, { durability }, { clock, timers: clock })
  const router = await openRouter(
    {
      clock,
      journal,
      announce: (line) => {
        log.warn('throughput-model', { line })
      },
      fleet: (selection) => openFleet(selection, clock, setup, options)
    },
    routerOptions(config, { algorithms, throughput, seed: Math.floor(clock.wall()) })
  ).catch(async (error: unknown) => {
    await journal.close()
    throw error
  })
  const stopTraining = store === undefined ? () => Promise.resolve() : training(router, { store, clock, log }, config)
  return { router, statistics: new SelectionStatistics(router.selector), stopTraining }
}

function training(
  router: Router<DaemonFleet>,
  { store, clock, log }: DaemonComponents & { readonly store: ModelStore },
  { throughput: { retrain, everyOutcomes, everyHours, backend } }: Config
): () => Promise<void> {
  if (!retrain) return () => Promise.resolve()
  return keepTrained(
    { ...router, store, clock },
    {
      schedule: { everyOutcomes, everyMs: everyHours * MS_PER_HOUR },
      retraining: defined({ backend }),
      onVerdict: (verdict) => {
        log.info('retraining', { verdict: verdict.kind, why: 'why' in verdict ? verdict.why : undefined })
      }
    }
  )
}

interface Served {
  readonly gateway: Gateway
  readonly page: Dashboard
  /** What holds now. */
  current: DaemonSetup
}

async function serve({ clock, log }: DaemonComponents, setup: DaemonSetup, opened: Opened): Promise<Served> {
  const { router, statistics } = opened
  const { fleet } = router
  const served: Pick<Served, 'current'> = { current: setup }
  const nameOf = (peer: PeerId) => fleet.nameOf(peer)
  const page = dashboard({ selection: router, statistics, clock, timers: clock, members: () => membersOf(fleet), nameOf })
  try {
    const gateway = await startGateway(
      { service: serviceOf(router, () => served.current.config), clock, timers: clock },
      {
        ...gatewayOptions(setup.config, setup.secrets),
        fallback: (request, response) => page.handle(request, response),
        log: (line) => {
          log.debug('request', line as Parameters<Log['debug']>[1])
        }
      }
    )
    registerSelection(gateway.registry, () => statistics.totals, nameOf)
    return Object.assign(served, { gateway, page })
  } catch (error) {
    page.stop()
    await close(opened)
    throw error
  }
}

class RunningDaemon implements Daemon {
  readonly #log: Log
  readonly #parts: Parts
  readonly #served: Served
  #stopped: Promise<number> | undefined

  constructor({ log }: DaemonComponents, { config, secrets }: DaemonSetup, parts: Parts, served: Served) {
    this.#log = log
    this.#parts = parts
    this.#served = served
    log.configure(config.log, secretTexts(secrets, config))
  }

  get url(): string {
    return this.#served.gateway.url
  }

  get router(): Router<DaemonFleet> {
    return this.#parts.router
  }

  reload(setup: DaemonSetup): ConfigDifferences {
    const { config, secrets } = setup
    const differences = configDifferences(this.#served.current.config, config)
    const swarmStays = !differences.restart.some(({ section }) => section === 'backends')
    if (swarmStays) this.#parts.router.fleet.replaceBackends(config, secrets)
    this.#served.gateway.configure(accessOptions(config, secrets))
    this.#log.configure(config.log, secretTexts(secrets, config))
    this.#served.current = setup
    return differences
  }

  drain(): Promise<number> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<number> {
    const { gateway, page, current } = this.#served
    const cut = await gateway.drain({ deadlineMs: current.config.drainSeconds * 1000 })
    page.stop()
    await gateway.stop()
    await this.#parts.stopTelemetry()
    try {
      await close(this.#parts)
    } catch (error) {
      this.#log.error('stop', errorFields(error))
      throw error
    }
    return cut
  }
}
