# Reads each X12 file named and prints what stupidedi finds wrong with it: `path: code place sentence`, one a line.
# Ruby finds the library by its load path: ruby -I stupidedi/lib -I cantor/lib stupidedi_check.rb FILE ...
require "stupidedi"

Editor = Stupidedi::Editor

def configured
  Stupidedi::Config.hipaa.tap do |config|
    config.editor.tap do |editors|
      editors.register(Stupidedi::Interchanges::FiveOhOne::InterchangeDef) { Editor::FiveOhOneEd }
      editors.register(Stupidedi::Versions::FiftyTen::FunctionalGroupDef) { Editor::FiftyTenEd }
    end
  end
end

def complaints(path)
  config = configured
  input = Stupidedi::Reader.build(File.read(path, encoding: "ISO-8859-1"))
  parser, left = Stupidedi::Parser.build(config).read(input)
  said = []
  said << "reading stops: #{left.reason}" if left.fatal?
  said << "a segment has several meanings" unless parser.deterministic?
  Editor::TransmissionEd.new(config, Time.now).critique(parser).results.each do |result|
    said << result.inspect.gsub(/\s+/, " ")[0, 300] if result.error? || result.warning?
  end
  said
end

ARGV.each do |path|
  begin
    complaints(path).each { |complaint| puts "#{path}: #{complaint}" }
  rescue StandardError => error
    puts "#{path}: stupidedi fails: #{error.class} #{error.message} #{error.backtrace.first}"
  end
end
