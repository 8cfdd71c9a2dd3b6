import { idPattern, type ResourceKind } from '@portico/contracts';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, IsString, Length, Matches, MaxLength, ValidateBy } from 'class-validator';
import { z } from 'zod';

/** Applies several property decorators as one. */
const all =
  (...decorators: readonly PropertyDecorator[]): PropertyDecorator =>
  (target, property) => {
    for (const decorate of decorators) decorate(target, property);
  };

const trimmed = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' ? value.trim() : value,
);

/** 1 to 200 characters, without white space around them. */
export const IsName = (): PropertyDecorator => all(trimmed, IsString(), Length(1, 200));

export const IsDescription = (): PropertyDecorator => all(IsString(), MaxLength(10_000));

/** The caller's own id for a new resource. */
export const IsOwnId = (kind: ResourceKind): PropertyDecorator => {
  const pattern = idPattern(kind);
  return all(
    ApiPropertyOptional({ pattern: pattern.source, description: 'Chosen by you; else generated' }),
    IsOptional(),
    IsString(),
    Matches(pattern, { message: `id must match ${pattern.source}` }),
  );
};

/** A reference to another resource; `null` or absent = none. */
export const IsReference = (kind: ResourceKind): PropertyDecorator => {
  const pattern = idPattern(kind);
  return all(
    ApiPropertyOptional({ type: String, nullable: true, pattern: pattern.source }),
    IsOptional(),
    IsString(),
    Matches(pattern, { message: `must match ${pattern.source}` }),
  );
};

const instant = z.iso.datetime({ offset: true });

/**
 * An RFC 3339 time, in UTC or with an offset. ISO 8601 knows more (`2026-W01`), which neither we nor
 * the database could read.
 */
export const IsInstant = (): PropertyDecorator =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value: unknown) => instant.safeParse(value).success,
      defaultMessage: () => 'must be an RFC 3339 time, such as 2026-11-21T10:00:00.000Z',
    },
  });
