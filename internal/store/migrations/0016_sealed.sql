-- +goose Up
-- What launches and stacks are made with, and what their resources hold, may be secret: values of NoEcho parameters, and what
-- follows from them. sealed_by is the fingerprint of the master key that such columns of a row are sealed under, empty while
-- they are still plain.
ALTER TABLE launch_record ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX launch_record_sealed ON launch_record (sealed_by);

ALTER TABLE launch_plan ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX launch_plan_sealed ON launch_plan (sealed_by);

ALTER TABLE provisioned_product ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX provisioned_product_sealed ON provisioned_product (sealed_by);

ALTER TABLE stack ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX stack_sealed ON stack (sealed_by);

ALTER TABLE stack_resource ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX stack_resource_sealed ON stack_resource (sealed_by);

ALTER TABLE change_set ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX change_set_sealed ON change_set (sealed_by);

ALTER TABLE stack_export ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX stack_export_sealed ON stack_export (sealed_by);

ALTER TABLE stack_event ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX stack_event_sealed ON stack_event (sealed_by);
