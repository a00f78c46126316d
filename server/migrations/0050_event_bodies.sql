-- An event about a mail leaves the bodies where they are, in the message: they are many times the rest, and go when the message goes.
alter table events add column message_id uuid;

create function event_data(data jsonb, about uuid) returns jsonb language sql stable as $$
  select case when about is null then data else
    data || coalesce(
      (select jsonb_build_object('text', left(text_body, 100000), 'html', left(html_body, 100000), 'extracted_text', left(extracted_text, 100000))
       from messages where id = about),
      '{"text": null, "html": null, "extracted_text": null}')
  end
$$;
