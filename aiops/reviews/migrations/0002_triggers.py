"""The database keeps the promise: no seat beyond an item's k, no grade without its seat, none changed silently."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION reviews_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', HINT = 'Add another row.';
END $$;
CREATE TRIGGER reviews_guideline_append_only BEFORE UPDATE OR DELETE ON reviews_guideline
  FOR EACH ROW EXECUTE FUNCTION reviews_refuse();
CREATE TRIGGER reviews_gradeedit_append_only BEFORE UPDATE OR DELETE ON reviews_gradeedit
  FOR EACH ROW EXECUTE FUNCTION reviews_refuse();

CREATE FUNCTION reviews_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.feature_id, OLD.source, OLD.source_id, OLD.source_at, OLD.result_id, OLD.round_id)
     IS DISTINCT FROM (NEW.feature_id, NEW.source, NEW.source_id, NEW.source_at, NEW.result_id, NEW.round_id) THEN
    RAISE EXCEPTION 'item % stays what it is', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.seats < OLD.seats AND EXISTS (
      SELECT FROM reviews_seat WHERE item_id = NEW.id AND role = 'grade' AND number > NEW.seats) THEN
    RAISE EXCEPTION 'item % has more than % seats', NEW.id, NEW.seats
      USING ERRCODE = 'restrict_violation', HINT = 'Take the free ones away first.';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reviews_item_stays BEFORE UPDATE ON reviews_reviewitem
  FOR EACH ROW EXECUTE FUNCTION reviews_item_stays();

CREATE FUNCTION reviews_seat_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  item reviews_reviewitem%ROWTYPE;
BEGIN
  SELECT * INTO item FROM reviews_reviewitem WHERE id = NEW.item_id FOR SHARE;
  IF NEW.role = 'grade' AND NEW.number > item.seats THEN
    RAISE EXCEPTION 'item % has % seats, and no number %', NEW.item_id, item.seats, NEW.number
      USING ERRCODE = 'restrict_violation';
  END IF;
  NEW.feature_id := item.feature_id;
  NEW.language := item.language;
  RETURN NEW;
END $$;
CREATE TRIGGER reviews_seat_within BEFORE INSERT OR UPDATE OF item_id, role, number ON reviews_seat
  FOR EACH ROW EXECUTE FUNCTION reviews_seat_within();

CREATE FUNCTION reviews_seat_leaves_no_grade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reviews_grade WHERE seat_id = OLD.id) THEN
    RAISE EXCEPTION 'seat % has a grade', OLD.id
      USING ERRCODE = 'restrict_violation', HINT = 'Take the grade back first.';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reviews_seat_leaves_no_grade BEFORE UPDATE ON reviews_seat
  FOR EACH ROW WHEN (OLD.state = 'graded' AND (NEW.state <> 'graded' OR NEW.reviewer_id <> OLD.reviewer_id))
  EXECUTE FUNCTION reviews_seat_leaves_no_grade();

CREATE FUNCTION reviews_seat_has_its_grade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reviews_seat WHERE id = NEW.id AND state = 'graded')
     AND NOT EXISTS (SELECT FROM reviews_grade WHERE seat_id = NEW.id) THEN
    RAISE EXCEPTION 'seat % is graded, without a grade', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reviews_seat_has_its_grade AFTER INSERT OR UPDATE ON reviews_seat
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'graded')
  EXECUTE FUNCTION reviews_seat_has_its_grade();

CREATE FUNCTION reviews_grade_has_its_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.seat_id, OLD.item_id, OLD.reviewer_id)
     IS DISTINCT FROM (NEW.seat_id, NEW.item_id, NEW.reviewer_id) THEN
    RAISE EXCEPTION 'grade % stays in its seat', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' AND NOT EXISTS (
      SELECT FROM reviews_seat WHERE id = NEW.seat_id AND item_id = NEW.item_id
      AND reviewer_id = NEW.reviewer_id AND state = 'graded') THEN
    RAISE EXCEPTION 'seat % is not this person''s, or not graded', NEW.seat_id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reviews_grade_has_its_seat BEFORE INSERT OR UPDATE ON reviews_grade
  FOR EACH ROW EXECUTE FUNCTION reviews_grade_has_its_seat();

CREATE FUNCTION reviews_grade_keeps_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO reviews_gradeedit (seat_id, item_id, reviewer_id, by, at, before, after, reason)
  VALUES (OLD.seat_id, OLD.item_id, OLD.reviewer_id, coalesce(current_setting('aiops.by', true), ''),
          clock_timestamp(), to_jsonb(OLD), CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(NEW) END,
          coalesce(current_setting('aiops.reason', true), ''));
  RETURN NULL;
END $$;
CREATE TRIGGER reviews_grade_keeps_history AFTER UPDATE ON reviews_grade
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION reviews_grade_keeps_history();
CREATE TRIGGER reviews_grade_keeps_history_of_what_goes AFTER DELETE ON reviews_grade
  FOR EACH ROW EXECUTE FUNCTION reviews_grade_keeps_history();
"""

BACK = """
DROP TRIGGER reviews_grade_keeps_history_of_what_goes ON reviews_grade;
DROP TRIGGER reviews_grade_keeps_history ON reviews_grade;
DROP FUNCTION reviews_grade_keeps_history();
DROP TRIGGER reviews_grade_has_its_seat ON reviews_grade;
DROP FUNCTION reviews_grade_has_its_seat();
DROP TRIGGER reviews_seat_has_its_grade ON reviews_seat;
DROP FUNCTION reviews_seat_has_its_grade();
DROP TRIGGER reviews_seat_leaves_no_grade ON reviews_seat;
DROP FUNCTION reviews_seat_leaves_no_grade();
DROP TRIGGER reviews_seat_within ON reviews_seat;
DROP FUNCTION reviews_seat_within();
DROP TRIGGER reviews_item_stays ON reviews_reviewitem;
DROP FUNCTION reviews_item_stays();
DROP TRIGGER reviews_gradeedit_append_only ON reviews_gradeedit;
DROP TRIGGER reviews_guideline_append_only ON reviews_guideline;
DROP FUNCTION reviews_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_items")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
