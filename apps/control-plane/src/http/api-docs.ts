import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiProperty,
  ApiResponse,
  getSchemaPath,
  ApiBody,
} from '@nestjs/swagger';

/** The body of every error, for the OpenAPI document. */
export class ErrorDetail {
  @ApiProperty({ example: 'body.name' })
  path!: string;

  @ApiProperty({ example: 'is required' })
  message!: string;
}

export class ErrorResponse {
  @ApiProperty({ example: 'validation_failed' })
  error!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ example: 'req_019a5b1f6c7d7e0f8a9b0c1d2e3f4a5b' })
  request_id!: string;

  @ApiProperty({ type: [ErrorDetail], required: false })
  details?: ErrorDetail[];
}

const ERRORS: Readonly<Record<number, string>> = {
  400: 'The body is not JSON',
  401: 'No valid admin identity',
  403: 'The role does not allow this',
  404: 'Nothing has this id',
  409: 'Collides with something, or is in use',
  412: 'Changed since it was read (`If-Match`)',
  422: 'Some fields are not valid; see `details`',
  503: 'Something this needs is away',
};

const errors = (...statuses: readonly number[]) =>
  statuses.map((status) =>
    ApiResponse({ status, description: ERRORS[status] ?? '', type: ErrorResponse }),
  );

/** A list route's answer: `{data, next_cursor}`. */
export const AnswersPage = (item: Type) =>
  applyDecorators(
    ApiExtraModels(item),
    ApiResponse({
      status: 200,
      schema: {
        type: 'object',
        required: ['data', 'next_cursor'],
        properties: {
          data: { type: 'array', items: { $ref: getSchemaPath(item) } },
          next_cursor: { type: 'string', nullable: true },
        },
      },
    }),
    ...errors(401, 403, 422),
  );

/** A single read. */
export const Answers = (type: Type) =>
  applyDecorators(ApiResponse({ status: 200, type }), ...errors(401, 403, 404));

const REVISION_HEADERS = {
  'X-Config-Revision': {
    description: 'The revision in force after this',
    schema: { type: 'integer' as const },
  },
  'X-Config-Propagation': {
    description: 'With `Prefer: wait=<seconds>`: `nodes=3/3;ms=14`',
    schema: { type: 'string' as const },
  },
};

/** A write: 200, 201 or 204, with the revision it made. */
export const AnswersWrite = (status: 200 | 201 | 204, type?: Type, body?: Type) =>
  applyDecorators(
    ApiHeader({
      name: 'Prefer',
      required: false,
      description: '`wait=<seconds>`: answer once every live gateway node applied it (RFC 7240)',
    }),
    ApiResponse({ status, headers: REVISION_HEADERS, ...(type === undefined ? {} : { type }) }),
    ...(body === undefined ? [] : [ApiBody({ type: body })]),
    ...errors(400, 401, 403, 404, 409, 412, 422),
  );
