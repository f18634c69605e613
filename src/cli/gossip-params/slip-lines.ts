import type { GistSlip } from '../../gossip/gist-slips.ts'

function shown(value: number | null | undefined): string {
  return value === null || value === undefined ? 'nothing' : String(Number(value.toPrecision(6)))
}

/** A slip: its title, what is printed → what is right for each of its values, and why. */
export function slipLines(slips: readonly GistSlip[]): string[] {
  return slips.flatMap(({ number, title, printed, right, why }) => {
    const names = [...new Set([...Object.keys(printed), ...Object.keys(right)])]
    const values = names.map((name) => {
      if (!(name in printed)) return `${name}: ${shown(right[name])}`
      return name in right
        ? `${name}: printed ${shown(printed[name])}, right ${shown(right[name])}`
        : `${name}: printed ${shown(printed[name])}`
    })
    return [`  ${number}. ${title}`, ...values.map((line) => `     ${line}`), `     ${why}`]
  })
}
