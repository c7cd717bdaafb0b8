export interface Column {
  key: string
  title: string
  sort?: string // the API's name for it; absent: it cannot be sorted by
  down?: boolean // the greatest first, and no other way
  align?: 'end'
  width?: string
  hidden?: boolean
  fixed?: boolean // no reader's choice
  later?: boolean // not there until it is chosen
  wide?: boolean // left out below 1024 px
  broad?: boolean // left out below 1440 px
  desk?: boolean // left out of the cards of a phone
}
