import { Command } from 'commander'
import { whenAborted } from '../../core/abort.ts'
import type { Daemon, DaemonSetup } from '../../daemon/daemon.ts'
import type { Log } from '../../daemon/log.ts'
import { configFrom, configOptions, type ConfigOptions } from '../config-options.ts'
import { untilStopped } from '../exit.ts'

export function serveCommand(): Command {
  return configOptions(
    new Command('serve').description('serve the APIs of OpenAI and Ollama over HTTP, in front of all peers of the configuration')
  ).action(serve)
}

async function setupFrom(options: ConfigOptions): Promise<DaemonSetup & { readonly warnings: readonly string[] }> {
  const { config, warnings } = await configFrom(options)
  const [{ readSecrets }, { readAlgorithms }] = await Promise.all([
    import('../../daemon/config/secrets.ts'),
    import('../weights-file.ts')
  ])
  const { weights } = config.routing
  const algorithms = weights === undefined ? undefined : await readAlgorithms(weights)
  return { config, secrets: await readSecrets(config, process.env), algorithms, warnings }
}

async function serve(options: ConfigOptions): Promise<void> {
  const [{ systemClock }, { startDaemon }, { daemonLog }] = await Promise.all([
    import('../../core/clock.ts'),
    import('../../daemon/daemon.ts'),
    import('../../daemon/log.ts')
  ])
  const { warnings, ...setup } = await setupFrom(options)
  const log = daemonLog(setup.config.log)
  for (const warning of warnings) log.warn('configuration', { warning })
  const stopped = untilStopped()
  const starting = startDaemon({ clock: systemClock, log }, setup, { signal: stopped.signal })
  // Before anybody is told that it runs: the signal ends a process that does not listen to it.
  const reload = () => void starting.then((started) => reloaded(started, options, log)).catch(() => undefined)
  process.on('SIGHUP', reload)
  const daemon = await starting
  const { restored, selector } = daemon.router
  let outcomes = restored.outcomes
  selector.subscribe(({ kind }) => {
    if (kind === 'ended') outcomes += 1
  })
  greet(daemon)
  await whenAborted(stopped.signal)
  process.off('SIGHUP', reload)
  log.info('stopping', { drainSeconds: setup.config.drainSeconds })
  const cut = await daemon.drain()
  log.info('stopped', { outcomes, cutOff: cut })
  stopped.release()
}

function greet({ url, router }: Daemon): void {
  const { local } = router.fleet
  const lines = [
    `peerbandit serves at ${url}`,
    ...(local === undefined ? [] : ['No network and no backends are configured: simulated workers answer, with filler.']),
    `Page: ${url}/   OpenAI's API: ${url}/v1   Ollama's: ${url}`,
    ...(router.restored.outcomes === 0 ? [] : [`Going on from what ${router.restored.outcomes} earlier outcomes taught.`])
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** A configuration that cannot be used changes nothing. */
async function reloaded(daemon: Daemon, options: ConfigOptions, log: Log): Promise<void> {
  const { errorFields } = await import('../../daemon/log.ts')
  try {
    const { warnings, ...setup } = await setupFrom(options)
    const { apply, restart } = daemon.reload(setup)
    for (const warning of warnings) log.warn('configuration', { warning })
    log.info('reloaded', { applied: apply.map(({ path }) => path), needRestart: restart.map(({ path }) => path) })
  } catch (error) {
    log.error('not reloaded', errorFields(error))
  }
}
