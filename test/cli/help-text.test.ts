import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { configOptions } from '../../src/cli/config-options.ts'
import { addHelpTexts, HELP_TEXTS } from '../../src/cli/help-text.ts'
import { peerbanditProgram } from '../../src/cli/program.ts'

/** The command line with every action replaced by a note of what would run. */
function dryProgram(): { readonly program: Command; readonly ran: string[] } {
  const program = peerbanditProgram()
  // The daemon's own command takes the options of its configuration.
  if (program.commands.every((command) => command.name() !== 'serve')) program.addCommand(configOptions(new Command('serve')))
  const ran: string[] = []
  for (const [words, command] of leaves(program)) command.exitOverride().action(() => void ran.push(words))
  return { program, ran }
}

function leaves(command: Command, words: readonly string[] = []): (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[words.join(' '), command]]
  return command.commands.flatMap((inner) => leaves(inner, [...words, inner.name()]))
}

/** As a shell would take a line with double quotes in it apart. */
function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '')
}

const examples = Object.entries(HELP_TEXTS).flatMap(([words, text]) => text.examples.map(([line]) => [words, line] as const))

describe('the help of commands', () => {
  it('has examples for every command, and for none that does not exist', () => {
    const commands = leaves(dryProgram().program).map(([words]) => words)
    expect(Object.keys(HELP_TEXTS).toSorted()).toEqual(commands.toSorted())
  })

  it.each(examples.filter(([, line]) => line.startsWith('peerbandit ')))(
    'of %s has an example that parses: %s',
    async (words, line) => {
      const { program, ran } = dryProgram()
      await program.parseAsync(wordsOf(line).slice(1), { from: 'user' })
      expect(ran).toEqual([words])
    }
  )

  it('has no other examples but signals', () => {
    expect(examples.filter(([, line]) => !line.startsWith('peerbandit ')).map(([, line]) => line)).toEqual(['kill -HUP <pid>'])
  })

  it('has sections below the options', () => {
    const command = new Command('worker').configureOutput({ writeOut: (text) => void written.push(text) }).exitOverride()
    const written: string[] = []
    addHelpTexts(command, 'worker')
    expect(() => command.parse(['--help'], { from: 'user' })).toThrow('(outputHelp)')
    expect(written.join('')).toMatch(
      /Options:[\s\S]+\nExamples:\n {2}peerbandit worker --model \S+\n {6}\S[\s\S]+\nExit status:\n/
    )
  })
})
