export interface DemoOrder {
  readonly id: string;
  readonly environment: string;
  readonly status: 'open' | 'shipped' | 'cancelled';
  readonly sku: string;
  readonly quantity: number;
  readonly customer: string;
  readonly created_at: string;
}

export interface DemoItem {
  readonly sku: string;
  readonly environment: string;
  readonly name: string;
  readonly warehouse: string;
  readonly available: number;
}

const CATALOGUE = [
  { sku: 'desk-oak-160', name: 'Oak desk, 160 cm', warehouse: 'rotterdam', available: 42 },
  { sku: 'chair-mesh-black', name: 'Mesh chair, black', warehouse: 'rotterdam', available: 318 },
  { sku: 'lamp-arc-brass', name: 'Arc lamp, brass', warehouse: 'lyon', available: 7 },
  { sku: 'shelf-pine-5', name: 'Pine shelf, five boards', warehouse: 'lyon', available: 0 },
];

/** Sandbox and production must be told apart at a glance: other ids, other customers, other stock. */
export function ordersOf(environment: string): readonly DemoOrder[] {
  const isSandbox = environment === 'sandbox';
  const tag = environment.slice(0, 4);
  const customers = isSandbox ? ['Test Tess', 'Mock Mo'] : ['Northwind Interiors', 'Atelier Blanc'];
  return (['open', 'shipped', 'open'] as const).map((status, index) => ({
    id: `ord_${tag}_${1001 + index}`,
    environment,
    status,
    sku: CATALOGUE[index]!.sku,
    quantity: (index + 1) * (isSandbox ? 1 : 12),
    customer: customers[index % customers.length]!,
    created_at: `2026-0${index + 3}-14T09:30:00.000Z`,
  }));
}

export function inventoryItems(environment: string): readonly DemoItem[] {
  return CATALOGUE.map((item) => ({
    ...item,
    environment,
    available: environment === 'sandbox' ? 999 : item.available,
  }));
}
