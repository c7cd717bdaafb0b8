// The one source of colours: as CSS variables (--text-1), for Naive UI (naive.ts) and for charts. Each
// pair of text and ground is checked against WCAG's ratio in tokens.test.ts.

export interface Tint {
  text: string
  tint: string
}

export interface Tokens {
  page: string
  card: string
  sunken: string
  text1: string
  text2: string
  text3: string
  accent: string
  onAccent: string
  control: string
  line: string
  danger: string
  onDanger: string
  hover: string
  selected: string
  good: Tint
  warn: Tint
  bad: Tint
  off: Tint
  info: Tint
  series: string[]
  other: string
}

export const light: Tokens = {
  page: '#F6F7F9',
  card: '#FFFFFF',
  sunken: '#EDF0F3',
  text1: '#1B2027',
  text2: '#4A5362',
  text3: '#626C7A',
  accent: '#0B6B8F',
  onAccent: '#FFFFFF',
  control: '#7C8592',
  line: '#DCE0E6',
  danger: '#B3261E',
  onDanger: '#FFFFFF',
  hover: '#F2F5F7',
  selected: '#E0F0F6',
  good: { text: '#17703F', tint: '#E3F4EA' },
  warn: { text: '#8A5300', tint: '#FCEFD9' },
  bad: { text: '#B3261E', tint: '#FCE8E6' },
  off: { text: '#565F6C', tint: '#E9ECF0' },
  info: { text: '#1F5FBF', tint: '#E5EEFC' },
  series: ['#227EC4', '#C3857A', '#366451', '#807B16', '#543D5E', '#71360C'],
  other: '#8A93A0',
}

export const dark: Tokens = {
  page: '#0E1116',
  card: '#161A20',
  sunken: '#1E232B',
  text1: '#E7EAEE',
  text2: '#B4BCC8',
  text3: '#929CAA',
  accent: '#5CBBE0',
  onAccent: '#06222E',
  control: '#7A8594',
  line: '#2A313B',
  danger: '#FF8A80',
  onDanger: '#3A0B08',
  hover: '#1B2027',
  selected: '#0F2E3B',
  good: { text: '#5FCB8C', tint: '#143324' },
  warn: { text: '#EBB05A', tint: '#38290F' },
  bad: { text: '#FF8A80', tint: '#3D1C1B' },
  off: { text: '#A3ACB8', tint: '#272D36' },
  info: { text: '#86B6FF', tint: '#17294A' },
  series: ['#AAD9F2', '#AA6212', '#16986B', '#D8D771', '#AA87DB', '#F0ADB1'],
  other: '#707B8A',
}

const kebab = (name: string) => name.replace(/([A-Z]|\d)/g, '-$1').toLowerCase()

// `--text-1: …` and so on; a tint gives two, `--good` and `--good-tint`.
export function cssVariables(tokens: Tokens): [string, string][] {
  return Object.entries(tokens).flatMap(([name, value]): [string, string][] => {
    if (typeof value === 'string') return [[`--${kebab(name)}`, value]]
    if (Array.isArray(value)) return value.map((colour, i) => [`--${kebab(name)}-${i + 1}`, colour])
    return [
      [`--${name}`, value.text],
      [`--${name}-tint`, value.tint],
    ]
  })
}
